import type { CommandResult } from '../command.ts'

type Shell = 'bash' | 'zsh' | 'fish'

/** Scripts that ask `cascade-diffusion --complete WORD...`, and complete the names of files if it knows none. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: `_cascade_diffusion() {
  local IFS=$'\\n'
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(compgen -W "$(cascade-diffusion --complete "\${words[@]}" 2>/dev/null | cut -f 1)" -- "$current"))
}
complete -o default -F _cascade_diffusion cascade-diffusion`,
  zsh: `_cascade_diffusion() {
  local -a found
  local line
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(cascade-diffusion --complete "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe cascade-diffusion found; else _files; fi
}
if ! (( \${+functions[compdef]} )); then autoload -Uz compinit && compinit; fi
compdef _cascade_diffusion cascade-diffusion`,
  fish: `function __cascade_diffusion
  set -l words (commandline -opc) (commandline -ct)
  set -l found (cascade-diffusion --complete $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c cascade-diffusion -f -a '(__cascade_diffusion)'`,
}

/** Runs the command `completion`. */
export async function run({ shell }: { readonly shell: Shell }): Promise<CommandResult> {
  return { lines: [`# Completion of cascade-diffusion in ${shell}.`, scripts[shell]], json: { script: scripts[shell] } }
}
