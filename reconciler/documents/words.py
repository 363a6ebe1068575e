"""The sentences of papers for people, in the languages that customers read; the world's words never come from here."""

from __future__ import annotations

LANGUAGES = ("en", "es")

_TEXTS = {
    "title": ("DNS changes for {zones}", "Cambios de DNS para {zones}"),
    "lead": (
        "Please make these changes in the DNS of {zones}, for {customer}.",
        "Por favor, hagan estos cambios en el DNS de {zones}, para {customer}.",
    ),
    "reference": ("Reference: {id}", "Referencia: {id}"),
    "to": ("To: {ask}", "Para: {ask}"),
    "expected": ("We count on it by {moment}.", "Contamos con ello a más tardar el {moment}."),
    "send": (
        "To be sent by {moment} at the latest, since mail moves from {window} on.",
        "Debe enviarse a más tardar el {moment}, porque el correo cambia a partir del {window}.",
    ),
    "changes": ("Changes", "Cambios"),
    "zone": ("Zone {zone}", "Zona {zone}"),
    "column.do": ("Do", "Qué hacer"),
    "column.zone": ("Zone", "Zona"),
    "column.name": ("Name", "Nombre"),
    "column.full_name": ("Full name", "Nombre completo"),
    "column.type": ("Type", "Tipo"),
    "column.value": ("Value", "Valor"),
    "column.ttl": ("TTL (seconds)", "TTL (segundos)"),
    "column.old_value": ("Value until now", "Valor hasta ahora"),
    "column.notes": ("Notes", "Notas"),
    "do.add": ("add", "añadir"),
    "do.change": ("change", "cambiar"),
    "do.remove": ("remove", "eliminar"),
    "note.alone": (
        "No other record may stand at this name.",
        "En este nombre no puede haber ningún otro registro.",
    ),
    "note.beside": (
        "Leave the other records of this name and type as they are.",
        "Dejen como están los demás registros de este nombre y tipo.",
    ),
    "note.split": (
        "Longer than 255 characters: one record. If the panel wants pieces, add and lose nothing between them.",
        "Más de 255 caracteres: un solo registro. Si el panel pide partes, no agreguen ni quiten nada entre ellas.",
    ),
    "how": ("How", "Cómo"),
    "how.rest": ("Leave every other record as it is.", "Dejen todos los demás registros como están."),
    "how.name": (
        (
            "Many panels add the zone's name themselves: then type only the short name (@ is the zone itself). "
            "It must not stand there twice."
        ),
        (
            "Muchos paneles agregan el nombre de la zona: en ese caso escriban solo el nombre corto (@ es la zona "
            "misma). No debe aparecer dos veces."
        ),
    ),
    "how.target": (
        (
            "Targets are whole names; the final dot says so. If the panel refuses the dot, leave it out and check that "
            "the zone's name was not added behind."
        ),
        (
            "Los destinos son nombres completos; el punto final lo indica. Si el panel no acepta el punto, omítanlo y "
            "revisen que no se haya agregado el nombre de la zona detrás."
        ),
    ),
    "how.text": (
        "Copy texts exactly, every blank too, without quotation marks around them.",
        "Copien los textos tal cual, con todos los espacios y sin comillas alrededor.",
    ),
    "how.change": (
        "“Change” means: edit the record that is there. A second one beside it would break both.",
        "«Cambiar» quiere decir: editar el registro que ya existe. Un segundo registro al lado invalidaría los dos.",
    ),
    "how.ttl": (
        "If the panel does not let you choose the TTL, leave it as it is.",
        "Si el panel no permite elegir el TTL, déjenlo como está.",
    ),
    "contacts": ("Questions", "Preguntas"),
    "role.maintainer": ("maintainer", "responsable del sistema"),
    "role.onsite_admin": ("administrator at the site", "administrador en el sitio"),
    "role.admin": ("administrator", "administrador"),
    "page.made": ("Made on {moment} by reconciler {version}.", "Generado el {moment} por reconciler {version}."),
    "script.title": (
        "Exchange Online, stage {stage} of tenant {tenant}.",
        "Exchange Online, etapa {stage} del inquilino {tenant}.",
    ),
    "script.for": (
        "For {customer}. Written by reconciler from the plan: each line below is one of its steps.",
        "Para {customer}. Escrito por reconciler a partir del plan: cada línea de abajo es uno de sus pasos.",
    ),
    "script.safe": (
        "It looks before it writes, stops at once in another tenant, and may be run as often as you like.",
        "Mira antes de escribir, se detiene en cualquier otro inquilino y se puede ejecutar las veces que haga falta.",
    ),
    "script.how": (
        "Run Connect-ExchangeOnline first, then this file; with -WhatIf it only says what it would do.",
        "Ejecute primero Connect-ExchangeOnline y después este archivo; con -WhatIf solo dice qué haría.",
    ),
    "script.look": (
        "At the end it writes down what is there of the names it lists, and nothing of anybody else.",
        "Al final anota lo que hay de los nombres que lista, y nada de nadie más.",
    ),
    "script.saved": (
        "That file, {tenant}.json beside this one or where -Evidence says, is what the next plan reads.",
        "Ese archivo, {tenant}.json junto a este o donde diga -Evidence, es lo que lee el siguiente plan.",
    ),
    "do.mailbox": ("shared mailbox {of}, shown as {value}", "buzón compartido {of}, visible como {value}"),
    "do.list": (
        "distribution list {of}, shown as {value}; people outside may write to it",
        "lista de distribución {of}, visible como {value}; cualquiera de fuera puede escribirle",
    ),
    "do.dkim": ("DKIM keys of {of}, not signing yet", "claves DKIM de {of}, todavía sin firmar"),
    "do.sign": ("mail of {of} is signed with DKIM", "el correo de {of} se firma con DKIM"),
    "do.relay": ("mail to unknown addresses of {of}: {value}", "correo a direcciones desconocidas de {of}: {value}"),
    "do.name": ("{of} is shown as {value}", "{of} se muestra como {value}"),
    "do.alias": ("{of} gets the address {value}", "{of} recibe la dirección {value}"),
    "do.no-alias": ("{of} loses the address {value}", "{of} pierde la dirección {value}"),
    "do.no-person-alias": ("{of} loses the address {value}", "{of} pierde la dirección {value}"),
    "do.member": ("{of} gets the member {value}", "{of} recibe el miembro {value}"),
    "do.no-member": ("{of} loses the member {value}", "{of} pierde el miembro {value}"),
    "do.full-access": ("{value} may open {of}", "{value} puede abrir {of}"),
    "do.no-full-access": ("{value} may no longer open {of}", "{value} ya no puede abrir {of}"),
    "do.send-as": ("{value} may send as {of}", "{value} puede enviar como {of}"),
    "do.no-send-as": ("{value} may no longer send as {of}", "{value} ya no puede enviar como {of}"),
    "zone.note": (
        "Only what changes. Lines that begin with a semicolon are to be removed or are notes.",
        "Solo lo que cambia. Las líneas que empiezan con punto y coma son notas o registros por eliminar.",
    ),
}


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """An unknown language is English: a paper is better than none."""
        self._at = LANGUAGES.index(language) if language in LANGUAGES else 0

    def __call__(self, name: str, **given: str) -> str:
        """A text with what is to stand in it."""
        return _TEXTS[name][self._at].format(**given)

    def named(self, family: str, word: str) -> str:
        """The text of a word of the world; one without a text is shown as it is."""
        return self(f"{family}.{word}") if f"{family}.{word}" in _TEXTS else word
