"""The fixed text of every script for Exchange Online: nothing of a customer stands in it.

The cmdlets of that module do not hear the script's preference on errors: each is told to stop by itself (`@Stop`).
Every step looks first and writes only what differs; nothing is deleted but the addresses, members and rights that a
step names. Source: the reference of the module ExchangeOnlineManagement (Get-Recipient, New-Mailbox, Set-Mailbox,
New-DistributionGroup, New-DkimSigningConfig and their like); not tried on a live tenant.
"""

#: In another encoding a letter of a name could end a string (0x92 of `Ò` is an apostrophe there): it stops before.
ENCODING = """\
if ('\u00e9' -cne [string] [char] 0xE9) {
    throw 'This file lost its byte order mark: save it as UTF-8 with one, or run it in PowerShell 7.'
}
"""

BEGIN = """\
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
$Stop = @{ ErrorAction = 'Stop' }
$Missed = @{}
$Patience = @{ Rounds = 30 }
$Results = New-Object System.Collections.ArrayList

function Test-Missing($Problem) {
    $said = ([string] $Problem.FullyQualifiedErrorId) + ' ' + ([string] $Problem.CategoryInfo.Reason)
    $said = $said + ' ' + ([string] $Problem.Exception.Message)
    return $said -match 'ManagementObjectNotFound|couldn.t be found|wasn.t found|No recipient'
}

function Test-Several($Problem) { return ([string] $Problem.Exception.Message) -match 'matches multiple' }

function Find-Address([string] $Address) {
    try { $found = @(Get-Recipient @Stop -Identity $Address) }
    catch { if (Test-Missing $_) { return $null } else { throw } }
    foreach ($one in $found) {
        foreach ($held in @($one.EmailAddresses) + @($one.ExternalEmailAddress)) {
            if (([string] $held) -ieq ('smtp:' + $Address)) { return $one }
        }
    }
    return $null
}

function Wait-Address([string] $Address) {
    for ($round = 0; $true; $round = $round + 1) {
        $one = Find-Address $Address
        if ($one) { return $one }
        if ($WhatIfPreference) { return $null }
        if ($Missed.ContainsKey($Address)) { throw ($Address + ' is not in Exchange: see what was said of it above.') }
        if ($round -ge $Patience.Rounds) {
            # What was made beside it had the same time: from here on one more look has to do.
            $Missed[$Address] = $true
            $Patience.Rounds = 1
            throw ($Address + ' is not in Exchange. A new mailbox may take 15 minutes: run the script again later.')
        }
        Write-Host ('waiting for ' + $Address)
        Start-Sleep -Seconds 30
    }
}

function Get-Primary($One) { return ([string] $One.PrimarySmtpAddress).ToLowerInvariant() }

function Get-Holder([string] $Holder) {
    if ($Holder -like 'NT AUTHORITY\\*' -or $Holder -like 'S-1-*') { return }
    try { $found = @(Get-Recipient @Stop -Identity $Holder) }
    catch { if ((Test-Missing $_) -or (Test-Several $_)) { return } else { throw } }
    # A name that two people have says nothing of who it is.
    if ($found.Count -eq 1) { Get-Primary $found[0] }
}

function Set-It([string] $ChangeText, [scriptblock] $ChangeBlock) {
    if ($WhatIfPreference) { Write-Host ('What if: ' + $ChangeText); return }
    Write-Host $ChangeText
    & $ChangeBlock | Out-Null
}

function New-It([string] $MadeAddress, [string] $ChangeText, [scriptblock] $ChangeBlock) {
    try { Set-It $ChangeText $ChangeBlock }
    catch { $Missed[$MadeAddress] = $true; throw }
}

function Step([string] $StepId, [scriptblock] $StepBlock) {
    $status = 'done'
    $detail = ''
    try { & $StepBlock | Out-Null }
    catch {
        $status = 'failed'
        $detail = [string] $_.Exception.Message
        Write-Warning ($StepId + ': ' + $detail)
    }
    [void] $Results.Add([pscustomobject] [ordered] @{ id = $StepId; status = $status; detail = $detail })
}

function Get-Kept([string] $Address, [string] $Kind) {
    $one = Wait-Address $Address
    if ($one -and ([string] $one.RecipientTypeDetails) -ne $Kind) {
        throw ($Address + ' is there, and is a ' + ([string] $one.RecipientTypeDetails))
    }
    if ($one -and (Get-Primary $one) -ne $Address) { throw ($Address + ' is an alias of ' + (Get-Primary $one)) }
    return $one
}

function Add-SharedMailbox([string] $Address, [string] $Name, [string] $Shown) {
    if (Find-Address $Address) { $null = Get-Kept $Address 'SharedMailbox'; return }
    New-It $Address ('new shared mailbox ' + $Address) {
        New-Mailbox @Stop -Shared -Name $Name -DisplayName $Shown -PrimarySmtpAddress $Address
    }
}

function Add-List([string] $Address, [string] $Name, [string] $Shown) {
    if (Find-Address $Address) { $null = Get-Kept $Address 'MailUniversalDistributionGroup'; return }
    New-It $Address ('new list ' + $Address) {
        New-DistributionGroup @Stop -Name $Name -DisplayName $Shown -PrimarySmtpAddress $Address -Type Distribution `
            -MemberJoinRestriction Closed -MemberDepartRestriction Closed -RequireSenderAuthenticationEnabled $false
    }
}

function Set-Shown([string] $Address, [string] $Shown) {
    $one = Wait-Address $Address
    if (-not $one -or ([string] $one.DisplayName) -ceq $Shown) { return }
    Set-It ('another name for ' + $Address) {
        if (([string] $one.RecipientTypeDetails) -eq 'SharedMailbox') {
            Set-Mailbox @Stop -Identity ([string] $one.Guid) -DisplayName $Shown
        }
        else {
            Set-DistributionGroup @Stop -Identity ([string] $one.Guid) -DisplayName $Shown `
                -BypassSecurityGroupManagerCheck
        }
    }
}

function Test-Held($One, [string] $Alias) {
    return @($One.EmailAddresses | Where-Object { ([string] $_) -ieq ('smtp:' + $Alias) }).Count -gt 0
}

function Add-FurtherAddress([string] $Address, [string] $Alias) {
    $one = Get-Kept $Address 'SharedMailbox'
    if ($one -and (Test-Held $one $Alias)) { return }
    Set-It ($Address + ' gets the address ' + $Alias) {
        Set-Mailbox @Stop -Identity ([string] $one.Guid) -EmailAddresses @{ Add = ('smtp:' + $Alias) }
    }
}

function Remove-FurtherAddress([string] $Address, [string] $Alias) {
    $one = Wait-Address $Address
    if (-not $one -or -not (Test-Held $one $Alias)) { return }
    if ((Get-Primary $one) -eq $Alias) { throw ($Alias + ' is the first address of ' + $Address) }
    Set-It ($Address + ' loses the address ' + $Alias) {
        Set-Mailbox @Stop -Identity ([string] $one.Guid) -EmailAddresses @{ Remove = ('smtp:' + $Alias) }
    }
}

function Get-ListMembers($One) {
    $held = @(Get-DistributionGroupMember @Stop -Identity ([string] $One.Guid) -ResultSize Unlimited)
    foreach ($member in $held) {
        $address = ([string] $member.PrimarySmtpAddress).ToLowerInvariant()
        if (-not $address) { $address = ([string] $member.ExternalEmailAddress).ToLowerInvariant() }
        $address = $address -replace '^smtp:', ''
        if ($address) { $address }
    }
}

function Add-ListMember([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'MailUniversalDistributionGroup'
    if ($one -and @(Get-ListMembers $one) -contains $Whom) { return }
    $outside = @($Accepted | Where-Object { $_ -eq $Whom.Split('@')[1] }).Count -eq 0
    $person = $null
    if ($outside) {
        $person = Find-Address $Whom
        if (-not $person) {
            New-It $Whom ('new contact ' + $Whom) {
                New-MailContact @Stop -Name (Get-Short $Whom) -ExternalEmailAddress $Whom
            }
        }
    }
    if (-not $person) { $person = Wait-Address $Whom }
    Set-It ($Address + ' gets the member ' + $Whom) {
        Add-DistributionGroupMember @Stop -Identity ([string] $one.Guid) -Member ([string] $person.Guid) `
            -BypassSecurityGroupManagerCheck
    }
}

function Get-Short([string] $Text) { if ($Text.Length -gt 64) { return $Text.Substring(0, 64) } else { return $Text } }

function Remove-ListMember([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'MailUniversalDistributionGroup'
    if (-not $one -or @(Get-ListMembers $one) -notcontains $Whom) { return }
    $person = Wait-Address $Whom
    Set-It ($Address + ' loses the member ' + $Whom) {
        Remove-DistributionGroupMember @Stop -Identity ([string] $one.Guid) -Member ([string] $person.Guid) `
            -BypassSecurityGroupManagerCheck -Confirm:$false
    }
}

function Get-FullAccess($One) {
    foreach ($right in @(Get-MailboxPermission @Stop -Identity ([string] $One.Guid))) {
        $full = @($right.AccessRights | ForEach-Object { ([string] $_) -split ', ' }) -contains 'FullAccess'
        if ($full -and -not $right.Deny -and -not $right.IsInherited) { Get-Holder ([string] $right.User) }
    }
}

function Get-SendAs($One) {
    foreach ($right in @(Get-RecipientPermission @Stop -Identity ([string] $One.Guid))) {
        $send = @($right.AccessRights | ForEach-Object { [string] $_ }) -contains 'SendAs'
        if ($send -and ([string] $right.AccessControlType) -ne 'Deny') { Get-Holder ([string] $right.Trustee) }
    }
}

function Add-FullAccess([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'SharedMailbox'
    $person = Wait-Address $Whom
    if ($one -and $person -and @(Get-FullAccess $one) -contains (Get-Primary $person)) { return }
    Set-It ($Whom + ' may open ' + $Address) {
        Add-MailboxPermission @Stop -Identity ([string] $one.Guid) -User ([string] $person.Guid) `
            -AccessRights FullAccess -InheritanceType All -AutoMapping $true -Confirm:$false
    }
}

function Remove-FullAccess([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'SharedMailbox'
    if (-not $one -or @(Get-FullAccess $one) -notcontains $Whom) { return }
    Set-It ($Whom + ' may no longer open ' + $Address) {
        Remove-MailboxPermission @Stop -Identity ([string] $one.Guid) -User $Whom -AccessRights FullAccess `
            -InheritanceType All -Confirm:$false
    }
}

function Add-SendAs([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'SharedMailbox'
    $person = Wait-Address $Whom
    if ($one -and $person -and @(Get-SendAs $one) -contains (Get-Primary $person)) { return }
    Set-It ($Whom + ' may send as ' + $Address) {
        Add-RecipientPermission @Stop -Identity ([string] $one.Guid) -Trustee ([string] $person.Guid) `
            -AccessRights SendAs -Confirm:$false
    }
}

function Remove-SendAs([string] $Address, [string] $Whom) {
    $one = Get-Kept $Address 'SharedMailbox'
    if (-not $one -or @(Get-SendAs $one) -notcontains $Whom) { return }
    Set-It ($Whom + ' may no longer send as ' + $Address) {
        Remove-RecipientPermission @Stop -Identity ([string] $one.Guid) -Trustee $Whom `
            -AccessRights SendAs -Confirm:$false
    }
}

function Find-Signing([string] $Domain) {
    try { return @(Get-DkimSigningConfig @Stop -Identity $Domain)[0] }
    catch { if (Test-Missing $_) { return $null } else { throw } }
}

function Add-Signing([string] $Domain) {
    if (Find-Signing $Domain) { return }
    Set-It ('DKIM keys for ' + $Domain) {
        New-DkimSigningConfig @Stop -DomainName $Domain -KeySize 2048 -Enabled $false
    }
}

function Enable-Signing([string] $Domain) {
    $one = Find-Signing $Domain
    if ($one -and $one.Enabled) { return }
    Set-It ('mail of ' + $Domain + ' is signed') { Set-DkimSigningConfig @Stop -Identity $Domain -Enabled $true }
}

function Set-Relay([string] $Domain, [string] $Type) {
    if (([string] (Get-AcceptedDomain @Stop -Identity $Domain).DomainType) -ieq $Type) { return }
    Set-It ($Domain + ' is ' + $Type) { Set-AcceptedDomain @Stop -Identity $Domain -DomainType $Type }
}

try { $Accepted = @(Get-AcceptedDomain @Stop | ForEach-Object { ([string] $_.DomainName).ToLowerInvariant() }) }
catch { throw ('Connect first: Connect-ExchangeOnline. ' + [string] $_.Exception.Message) }
if ($Accepted -notcontains $Tenant) {
    throw ('This is another tenant than ' + $Tenant + ': nothing was looked at, nothing was changed.')
}
"""

END = """\
$boxes = @()
$lists = @()
$contacts = @()
foreach ($address in $Addresses) {
    $one = Find-Address $address
    if (-not $one) { continue }
    $kind = [string] $one.RecipientTypeDetails
    if ($kind -eq 'SharedMailbox') {
        $further = @($one.EmailAddresses | ForEach-Object { [string] $_ } | Where-Object { $_ -clike 'smtp:*' })
        $boxes += [pscustomobject] [ordered] @{
            address = Get-Primary $one
            displayName = [string] $one.DisplayName
            aliases = @($further | ForEach-Object { $_.Substring(5).ToLowerInvariant() })
            fullAccess = @(Get-FullAccess $one)
            sendAs = @(Get-SendAs $one)
        }
    }
    if ($kind -eq 'MailUniversalDistributionGroup') {
        $members = @(Get-ListMembers $one)
        $lists += [pscustomobject] [ordered] @{
            address = Get-Primary $one
            displayName = [string] $one.DisplayName
            members = $members
        }
        $contacts += @($members | Where-Object { $Accepted -notcontains $_.Split('@')[1] })
    }
}
$signing = @()
$relays = @()
foreach ($domain in $Domains) {
    $one = Find-Signing $domain
    if ($one) {
        $signing += [pscustomobject] [ordered] @{
            domain = $domain
            enabled = [bool] $one.Enabled
            status = [string] $one.Status
            selector1 = [string] $one.Selector1CNAME
            selector2 = [string] $one.Selector2CNAME
        }
    }
    if ($Accepted -contains $domain) {
        $type = [string] (Get-AcceptedDomain @Stop -Identity $domain).DomainType
        $relays += [pscustomobject] [ordered] @{ domain = $domain; type = $type }
    }
}
$moment = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss', [cultureinfo]::InvariantCulture) + '+00:00'
$document = [pscustomobject] [ordered] @{
    format = 'reconciler-exchange'
    version = 1
    tenant = $Tenant
    taken = $moment
    results = @($Results)
    acceptedDomains = @($relays)
    dkim = @($signing)
    sharedMailboxes = @($boxes)
    lists = @($lists)
    contacts = @($contacts | Sort-Object -Unique)
    complete = $true
}
if ($WhatIfPreference) { Write-Host 'What if: nothing was changed, and nothing was saved.'; return }
$target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Evidence)
$json = ConvertTo-Json -InputObject $document -Depth 6
[System.IO.File]::WriteAllText(($target + '.new'), $json, (New-Object System.Text.UTF8Encoding $false))
Move-Item -LiteralPath ($target + '.new') -Destination $target -Force
Write-Host ('saved: ' + $target)
"""
