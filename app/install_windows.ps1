# Installs VTM Live for the user who runs it, with shortcuts on the desktop and in the Start menu; no terminal is needed
# afterwards. Right-click this file in the unpacked project, "Run with PowerShell". With -Remove it is taken out again.
param([switch]$Remove)

$ErrorActionPreference = 'Stop'
$project = Split-Path -Parent $PSScriptRoot
$places = @([Environment]::GetFolderPath('Desktop'), [Environment]::GetFolderPath('Programs'))

function Find-Uv {
    $found = Get-Command uv -ErrorAction SilentlyContinue
    if ($found) { return $found.Source }
    Write-Host 'Installing uv, which brings Python ...'
    winget install --exact --id astral-sh.uv --accept-source-agreements --accept-package-agreements | Out-Host
    $env:Path = [Environment]::GetEnvironmentVariable('Path', 'User') + ';' + $env:Path
    $found = Get-Command uv -ErrorAction SilentlyContinue
    if (-not $found) { throw 'uv could not be installed: see docs\install.md' }
    return $found.Source
}

function Invoke-Checked([string]$Program, [string[]]$Arguments) {
    & $Program @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') failed (exit code $LASTEXITCODE)" }
}

try {
    $uv = Find-Uv
    if ($Remove) {
        foreach ($place in $places) { Remove-Item (Join-Path $place 'VTM Live.lnk') -ErrorAction SilentlyContinue }
        Invoke-Checked $uv @('tool', 'uninstall', 'vtm-live')
        Write-Host 'VTM Live is removed. Takes and settings were kept.'
    } else {
        Invoke-Checked $uv @('tool', 'install', '--force', '--python', '3.13', $project)
        $programs = (& $uv tool dir --bin).Trim()
        $tools = (& $uv tool dir).Trim()
        $icon = Join-Path $tools 'vtm-live\Lib\site-packages\vtm_live\app\assets\vtm.ico'
        & (Join-Path $programs 'vtm.exe') fetch | Out-Host
        if ($LASTEXITCODE -ne 0) { Write-Warning 'The networks could not be downloaded now; the program tries again.' }
        $shell = New-Object -ComObject WScript.Shell
        foreach ($place in $places) {
            $shortcut = $shell.CreateShortcut((Join-Path $place 'VTM Live.lnk'))
            $shortcut.TargetPath = Join-Path $programs 'vtm-window.exe'
            $shortcut.WorkingDirectory = [Environment]::GetFolderPath('MyVideos')
            $shortcut.IconLocation = $icon
            $shortcut.Description = 'Full-body motion capture from one webcam'
            $shortcut.Save()
        }
        Write-Host 'VTM Live is installed: start it from the desktop or the Start menu.'
    }
} catch {
    Write-Host "VTM Live: $($_.Exception.Message)" -ForegroundColor Red
}
Read-Host 'Press Enter to close this window' | Out-Null
