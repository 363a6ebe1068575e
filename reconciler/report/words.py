"""The product's own sentences, in the languages that customers read; the world's words never come from here."""

from __future__ import annotations

from reconciler.report.escape import line

LANGUAGES = ("en", "es")

_THINGS = {
    "title.dns": ("{type} {name} of {scope}", "{type} {name} de {scope}"),
    "title.dns.part": ("{type} {name} ({part}) of {scope}", "{type} {name} ({part}) de {scope}"),
    "title.domain": ("Domain {name} of tenant {scope}", "Dominio {name} del inquilino {scope}"),
    "title.user": ("User {name} of tenant {scope}", "Usuario {name} del inquilino {scope}"),
    "title.licenses": (
        "Licences of user {name} of tenant {scope}",
        "Licencias del usuario {name} del inquilino {scope}",
    ),
    "title.group": ("Group {name} of tenant {scope}", "Grupo {name} del inquilino {scope}"),
    "title.sku": ("Product {name} of tenant {scope}", "Producto {name} del inquilino {scope}"),
    "title.mailbox": ("Shared mailbox {name} of tenant {scope}", "Buzón compartido {name} del inquilino {scope}"),
    "title.list": ("Distribution list {name} of tenant {scope}", "Lista de distribución {name} del inquilino {scope}"),
    "title.dkim": ("DKIM signing of {name} in tenant {scope}", "Firma DKIM de {name} en el inquilino {scope}"),
    "title.accepted-domain": (
        "Mail to unknown addresses of {name} in tenant {scope}",
        "Correo a direcciones desconocidas de {name} en el inquilino {scope}",
    ),
    "value.nothing": ("nothing", "nada"),
    "value.later": ("known later", "se conocerá después"),
    "value.unknown": ("known after {stage}: {text}", "se conocerá después de {stage}: {text}"),
}

_ACTIONS = {
    "will.create": ("{title} will be created", "{title} se creará"),
    "will.update": ("{title} will be updated", "{title} se cambiará"),
    "will.destroy": ("{title} will be destroyed", "{title} se eliminará"),
    "will.other": ("{title}: {action}", "{title}: {action}"),
    "would.create": ("{title} would be created", "{title} se crearía"),
    "would.update": ("{title} would be updated", "{title} se cambiaría"),
    "would.destroy": ("{title} would be destroyed", "{title} se eliminaría"),
    "would.other": ("{title}: {action}", "{title}: {action}"),
    "destroys": ("this destroys a part of it", "esto elimina una parte"),
    "action.create": ("create", "crear"),
    "action.update": ("update", "cambiar"),
    "action.destroy": ("destroy", "eliminar"),
    "reason.new": ("the spec asks for it and it does not exist", "la especificación lo pide y no existe"),
    "reason.the spec moved": (
        "the spec has changed since it was written",
        "la especificación cambió desde que se escribió",
    ),
    "reason.gone": ("it was there and is gone", "estaba y ya no está"),
    "reason.drift, written back": ("somebody changed it; this puts it back", "alguien lo cambió; esto lo devuelve"),
    "reason.changed since we wrote it": ("changed since it was written", "cambió desde que se escribió"),
    "reason.something else is there": (
        "something else is there, not ours: `adopt: overwrite` replaces it",
        "hay otra cosa, que no es nuestra: `adopt: overwrite` la reemplaza",
    ),
    "reason.no longer in the spec": ("it is no longer in the spec", "ya no está en la especificación"),
    "reason.asked for, and made otherwise": (
        "somebody was asked for it and made it otherwise",
        "se pidió a alguien y lo hizo de otra manera",
    ),
    "reason.the open request comes first": (
        "the open request comes first",
        "primero va la solicitud abierta",
    ),
    "reason.ends on its day": ("it ends on that day", "termina ese día"),
    "reason.stands in for a term that moves": (
        "an address that the old term leads to today, before that moves",
        "una dirección a la que lleva hoy el término anterior, antes de que cambie",
    ),
    "reason.written out as addresses": (
        "its addresses are written out, since what it leads to moves",
        "sus direcciones se escriben aparte, porque aquello a lo que lleva cambia",
    ),
    "reason.the spec says absent": (
        "the spec says that it must be absent",
        "la especificación dice que no debe existir",
    ),
    "reason.an alias of ours became the first address when its write was cut off": (
        "an alias of ours became the first address when its write was cut off",
        "un alias nuestro quedó como dirección principal al interrumpirse su escritura",
    ),
    "reason.takes over what is there": (
        "the spec takes over what is there",
        "la especificación toma el control de lo que hay",
    ),
    "reason.the TTL asked for": ("the spec asks for this TTL", "la especificación pide este TTL"),
    "why": ("why", "motivo"),
    "owner": ("for {owner}", "para {owner}"),
    "shares": ("also touches values beside ours: {values}", "también afecta a valores que no son nuestros: {values}"),
    "repairs": ("this repairs drift", "esto repara una desviación"),
    "refused": ("refused", "rechazado"),
}

_PLAN = {
    "plan.title": ("Plan for {customer}", "Plan para {customer}"),
    "plan.none": (
        "No changes. Everything that the spec of {customer} mentions is as it should be.",
        "Sin cambios. Todo lo que menciona la especificación de {customer} está como debe.",
    ),
    "plan.none.left": (
        "No changes. What differs is listed below and is not touched by this plan.",
        "Sin cambios. Lo que difiere está en la lista y este plan no lo toca.",
    ),
    "plan.some": (
        "{customer}: these changes would be made, stage by stage.",
        "{customer}: estos son los cambios, etapa por etapa.",
    ),
    "plan.waits": (
        "{customer}: nothing to change now; the route goes on when what it waits for has come.",
        "{customer}: nada que cambiar ahora; la ruta sigue cuando llegue lo que espera.",
    ),
    "plan.errored": (
        "{customer}: the plan could not be finished. See the errors.",
        "{customer}: el plan no se pudo terminar. Vea los errores.",
    ),
    "plan.partial": (
        "{customer}: this plan is not complete, so it deletes nothing by omission.",
        "{customer}: este plan no está completo; no elimina nada por omisión.",
    ),
    "plan.counts": (
        "Plan: {add} to add, {change} to change, {destroy} to destroy, {adopt} to adopt, {forget} to forget.",
        "Plan: {add} por crear, {change} por cambiar, {destroy} por eliminar, {adopt} a adoptar, {forget} a olvidar.",
    ),
    "plan.blocked": ("This plan cannot be applied yet. What is missing:", "Este plan aún no se puede aplicar. Falta:"),
    "plan.blocked.unsaid": ("see the errors and warnings", "vea los errores y las advertencias"),
    "plan.caution": ("{count} to destroy. Read those first.", "{count} por eliminar. Léalo primero."),
    "plan.policy": ("Policy: {result}.", "Política: {result}."),
    "plan.elsewhere": ("Steps outside the stages shown", "Pasos fuera de las etapas mostradas"),
    "plan.refused": ("Refused, not carried out", "Rechazado, no se hará"),
    "plan.drift": ("Drift found while planning", "Desviaciones encontradas al planear"),
    "plan.conflicts": ("Conflicts, left as they are", "Conflictos, se dejan como están"),
    "plan.adopt": (
        "{count} to adopt: already as the spec says; nothing is written",
        "{count} por adoptar: ya están como dice la especificación; no se escribe nada",
    ),
    "plan.forget": (
        "{count} to forget: no longer managed; nothing is written",
        "{count} por olvidar: dejan de administrarse; no se escribe nada",
    ),
    "plan.unmanaged": ("{count} unmanaged: never changed", "{count} no administrados: nunca se cambian"),
    "plan.scripts": ("Scripts for Exchange Online", "Scripts para Exchange Online"),
    "plan.script": (
        "{path}: {count} steps; once it is applied, run it with -Evidence {save_as}, then apply again",
        "{path}: {count} pasos; una vez aplicado, ejecútelo con -Evidence {save_as} y vuelva a aplicar",
    ),
    "plan.legend": ("Symbols: {symbols}", "Símbolos: {symbols}"),
    "proof.heading": ("SPF of {domain}", "SPF de {domain}"),
    "proof.now": ("now", "ahora"),
    "proof.after": ("after {stage}", "después de {stage}"),
    "proof.always": ("{result} before and after", "{result} antes y después"),
    "proof.none": ("no record", "sin registro"),
    "proof.cost": ("{least}{count} of 10 lookups", "{least}{count} de 10 consultas"),
    "proof.least": ("at least ", "al menos "),
    "proof.expected": ("expected: {result}", "se espera: {result}"),
    "proof.until": ("until {day}", "hasta {day}"),
    "proof.unknown": (
        "not asked for by the spec, left as they are: {terms}",
        "la especificación no los pide y se dejan como están: {terms}",
    ),
    "proof.unsure": (
        "? = depends on names that were not looked up",
        "? = depende de nombres que no se consultaron",
    ),
    "route": ("{subject} to {target}", "{subject} hacia {target}"),
    "stage": ("Stage {name}: {state}", "Etapa {name}: {state}"),
    "state.done": ("done", "hecha"),
    "state.next": ("next", "siguiente"),
    "state.later": ("later", "después"),
    "state.blocked": ("blocked", "bloqueada"),
    "state.unknown": ("not known", "no se sabe"),
    "policy.unknown": ("not known", "no se sabe"),
    "gate.wait": ("wait", "espera"),
    "gate.assert": ("must hold", "debe cumplirse"),
    "gate.task": ("task", "tarea"),
    "gate.met": ("met", "cumplido"),
    "until": ("until {moment}", "hasta {moment}"),
    "whom": ("for {whom}", "para {whom}"),
}

_DRIFT = {
    "drift.title": ("Drift report for {customer}", "Informe de desviaciones de {customer}"),
    "drift.clean": (
        "{customer}: no drift. Every managed object is as the spec says.",
        "{customer}: sin desviaciones. Todo lo administrado está como dice la especificación.",
    ),
    "drift.found": (
        "{customer}: drift found: {changed} changed, {missing} missing.",
        "{customer}: hay desviaciones: {changed} con cambios, {missing} ausentes.",
    ),
    "drift.inconclusive": (
        "{customer}: inconclusive. {unread} of {sources} sources could not be read; what is there is not known.",
        "{customer}: no concluyente. {unread} de {sources} fuentes no se pudieron leer; no se sabe qué contienen.",
    ),
    "drift.inconclusive.errors": (
        "{customer}: inconclusive. See the errors: this report cannot say that nothing has drifted.",
        "{customer}: no concluyente. Vea los errores: este informe no puede decir que no hay desviaciones.",
    ),
    "drift.coverage": (
        "{managed} of {seen} objects in scope are managed.",
        "{managed} de {seen} objetos en el alcance están administrados.",
    ),
    "drift.oldest": (
        "Oldest open difference: first seen {moment}.",
        "Diferencia abierta más antigua: vista desde {moment}.",
    ),
    "drift.checked": ("Checked {moment}.", "Revisado {moment}."),
    "drift.changed": ("Changed", "Con cambios"),
    "drift.missing": ("Missing", "Ausentes"),
    "drift.unmanaged": ("Unmanaged", "No administrados"),
    "drift.ignored": ("Ignored: accepted by somebody", "Ignorados: aceptados por alguien"),
    "drift.unread": ("Not read", "No leído"),
    "drift.read": ("Read", "Leído"),
    "drift.none": ("None.", "Ninguno."),
    "class.changed": ("changed", "con cambios"),
    "class.missing": ("missing", "ausente"),
    "class.conflict": ("conflict: differs and is not ours", "conflicto: difiere y no es nuestro"),
    "direction.world": ("the live system moved, the spec did not", "cambió el sistema, no la especificación"),
    "direction.spec": ("the spec moved and was not applied", "cambió la especificación y no se aplicó"),
    "severity.error": ("error", "error"),
    "severity.warning": ("warning", "advertencia"),
    "severity.info": ("note", "nota"),
    "blocks": ("blocks every later stage of its route", "bloquea las etapas siguientes de su ruta"),
    "accepted": ("accepted by {owner} until {until}: {reason}", "aceptado por {owner} hasta {until}: {reason}"),
    "accepted.open": ("accepted by {owner}: {reason}", "aceptado por {owner}: {reason}"),
}

_CHECK = {
    "check.title": ("Mail health of {name}", "Salud del correo de {name}"),
    "check.headline": ("{name}: {verdict} ({tally})", "{name}: {verdict} ({tally})"),
    "check.sources": ("Who sends, by the reports of receivers", "Quién envía, según los informes de los receptores"),
    "check.nothing": ("nothing was looked at", "no se revisó nada"),
    "check.domains": ("{count} domains", "{count} dominios"),
    "check.asked": ("{questions} questions to {servers}.", "{questions} preguntas a {servers}."),
    "check.unknown": (
        "Unknown: nobody answered a question that matters. It is no pass; run it again.",
        "Sin respuesta: nadie contestó una pregunta que importa. No significa que esté bien; repita la revisión.",
    ),
    "check.remedy": ("To do: {text}", "Qué hacer: {text}"),
    "check.overview": ("Overview", "Resumen"),
    "verdict.pass": ("pass", "bien"),
    "verdict.warn": ("warn", "advertencia"),
    "verdict.fail": ("fail", "falla"),
    "verdict.unknown": ("unknown", "sin respuesta"),
    "subject.mx": ("MX", "MX"),
    "subject.spf": ("SPF", "SPF"),
    "subject.dkim": ("DKIM", "DKIM"),
    "subject.dmarc": ("DMARC", "DMARC"),
    "subject.mta-sts": ("MTA-STS", "MTA-STS"),
    "subject.tls-rpt": ("TLS-RPT", "TLS-RPT"),
    "subject.autodiscover": ("Autodiscover", "Autodiscover"),
    "subject.public-view": ("Public view", "DNS público"),
    "about.mx": ("where mail arrives", "a dónde llega el correo"),
    "about.spf": ("who may send in the domain's name", "quién puede enviar en nombre del dominio"),
    "about.dkim": ("signatures under what is sent", "firmas de lo que se envía"),
    "about.dmarc": (
        "what receivers do with mail that is not proven",
        "qué hacen los destinatarios con el correo que no se comprueba",
    ),
    "about.mta-sts": ("mail arrives encrypted or not at all", "el correo llega cifrado o no llega"),
    "about.tls-rpt": ("reports of failed encryption", "informes de cifrado fallido"),
    "about.autodiscover": (
        "how mail programs find the mailboxes",
        "cómo encuentran los buzones los programas de correo",
    ),
    "about.public-view": ("what each DNS server shows now", "lo que muestra ahora cada servidor DNS"),
}

_IMPORT = {
    "import.title": (
        "What public DNS shows of the mail of {name}",
        "Lo que el DNS público muestra del correo de {name}",
    ),
    "import.title.whole": ("What stands in {name} today", "Lo que hay hoy en {name}"),
    "import.whole": (
        "{domain} was read whole through {provider}: complete.",
        "{domain} se leyó entero mediante {provider}: completo.",
    ),
    "import.partial": (
        "{domain} was read through {provider}: incomplete.",
        "{domain} se leyó mediante {provider}: incompleto.",
    ),
    "import.public": (
        "{domain} was seen in public DNS alone: incomplete, nobody can list a zone from outside.",
        "{domain} se vio solo en el DNS público: incompleto, nadie puede listar una zona desde fuera.",
    ),
    "import.tenant": (
        "The tenant {name} was read whole through {provider}.",
        "El inquilino {name} se leyó entero mediante {provider}.",
    ),
    "import.managed": (
        "In the spec: {counts}; not managed: {left}.",
        "En la especificación: {counts}; sin gestionar: {left}.",
    ),
    "import.tokens": ("Services known by their records", "Servicios conocidos por sus registros"),
    "import.domain": ("Domain", "Dominio"),
    "import.left": ("Not managed", "Sin gestionar"),
    "import.left.tenant": ("Not managed in the tenant", "Sin gestionar en el inquilino"),
    "import.found": (
        "{services} services recognised, {records} record sets.",
        "{services} servicios, {records} registros.",
    ),
    "import.services": ("Who stands behind it", "Quién está detrás"),
    "import.nobody": (
        "no sign of a service we know that keeps its mailboxes",
        "ninguna señal de un servicio conocido que guarde los buzones",
    ),
    "import.spf": ("Who may send, by its SPF record", "Quién puede enviar, según su registro SPF"),
    "import.below": ("{term}, in the record of {owner}", "{term}, en el registro de {owner}"),
    "import.records": ("Mail records", "Registros de correo"),
    "import.record": ("{type} {name}, TTL {ttl} s", "{type} {name}, TTL {ttl} s"),
    "import.zone": ("The zone", "La zona"),
    "import.servers": ("name servers: {names}", "servidores de nombres: {names}"),
    "import.signed": ("signed with DNSSEC", "firmada con DNSSEC"),
    "import.unsigned": ("not signed with DNSSEC", "sin firma DNSSEC"),
    "import.wildcards": (
        "a wildcard answers for names that do not exist: {types}",
        "un comodín contesta por nombres que no existen: {types}",
    ),
    "import.delegated": ("{name} is a zone of its own at {names}", "{name} es una zona aparte en {names}"),
    "import.unseen": ("Could not be seen", "No se pudo ver"),
    "import.written": ("Files written", "Archivos escritos"),
    "import.dry": ("Files that would be written", "Archivos que se escribirían"),
    "import.next": ("Next: {text}", "Siguiente: {text}"),
    "role.mailbox": ("mailboxes or forwarding", "buzones o reenvío"),
    "role.gateway": ("gateway before the mailboxes", "filtro delante de los buzones"),
    "role.sender": ("sender", "remitente"),
    "role.dmarc": ("DMARC reports", "informes DMARC"),
    "level.high": ("high", "alta"),
    "level.medium": ("medium", "media"),
    "level.low": ("low", "baja"),
    "import.sure": ("confidence {level}, {share}", "certeza {level}, {share}"),
}

_PAGE = {
    "page.made": (
        "Made {moment} by mail-domain-reconciler {version}.",
        "Hecho {moment} con mail-domain-reconciler {version}.",
    ),
    "page.digest": ("Digest of this document: {digest}", "Huella de este documento: {digest}"),
    "page.spec": ("Spec {digest}", "Especificación {digest}"),
    "page.diagnostics": ("Errors and warnings", "Errores y advertencias"),
    "read.complete": ("whole", "completo"),
    "read.partial": ("not whole", "incompleto"),
    "column.domain": ("Domain", "Dominio"),
    "column.verdict": ("Result", "Resultado"),
    "column.what": ("What", "Qué"),
    "column.expected": ("Expected", "Esperado"),
    "column.actual": ("Actual", "Actual"),
    "column.direction": ("Who moved", "Qué cambió"),
    "column.address": ("Address", "Dirección"),
    "column.first_seen": ("First seen", "Visto desde"),
    "column.severity": ("Severity", "Gravedad"),
    "column.source": ("Source", "Fuente"),
    "column.objects": ("Objects", "Objetos"),
    "column.at": ("At", "Hora"),
    "column.state": ("State", "Estado"),
    "column.notes": ("Notes", "Notas"),
    "column.count": ("Count", "Cantidad"),
    "column.add": ("Add", "Crear"),
    "column.change": ("Change", "Cambiar"),
    "column.destroy": ("Destroy", "Eliminar"),
    "column.adopt": ("Adopt", "Adoptar"),
    "column.forget": ("Forget", "Olvidar"),
}

#: English and Spanish side by side, with the same `{names}`.
PHRASES: dict[str, tuple[str, str]] = _THINGS | _ACTIONS | _PLAN | _DRIFT | _CHECK | _IMPORT | _PAGE


class Words:
    """The phrases in one language.

    Args:
        language: one of `LANGUAGES`.

    Raises:
        ValueError: for any other language.
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no texts in language {line(language, 40)}; there are: {', '.join(LANGUAGES)}")
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """The phrase with its values put in; the values are already fit to show."""
        return PHRASES[key][self._column].format(**values)

    def named(self, group: str, name: object) -> str:
        """The phrase `group.name`; a name that we do not know is shown as it is."""
        known = PHRASES.get(f"{group}.{name}")
        return known[self._column] if known else line(name, 200)
