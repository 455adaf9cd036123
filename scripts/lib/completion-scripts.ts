/**
 * What each shell reads, so that it asks us what could come next: `TIERED_SECRETS_LINE` holds what is typed so far. Each
 * line of the answer is a word, and what it means.
 */
export const completionScripts: Readonly<Record<string, string>> = {
  bash: `# Completion of tiered-secrets for bash, also behind npx.
_tiered_secrets() {
  local line=\${COMP_LINE:0:COMP_POINT} folder=$PWD program=tiered-secrets word
  COMPREPLY=()
  if [[ \${COMP_WORDS[0]} == npx ]]; then
    [[ $line == *' tiered-secrets '* ]] || return 0
    while [[ -n $folder && ! -x $folder/node_modules/.bin/tiered-secrets ]]; do folder=\${folder%/*}; done
    program=$folder/node_modules/.bin/tiered-secrets
  fi
  # bash takes what stands behind a colon or an equals sign for a word of its own.
  local current=\${line##*[[:space:]]}
  local typed=\${current%"\${current##*[:=]}"}
  while read -r word _; do
    [[ -n $word ]] && COMPREPLY+=("\${word#"$typed"}")
  done < <(TIERED_SECRETS_LINE=$line "$program" completion words 2>/dev/null)
}
complete -o default -F _tiered_secrets tiered-secrets npx
`,
  zsh: `#compdef tiered-secrets
# Completion of tiered-secrets for zsh.
_tiered_secrets() {
  local folder=$PWD program=tiered-secrets word about
  local -a values shown
  while [[ -n $folder && ! -x $folder/node_modules/.bin/tiered-secrets ]]; do folder=\${folder%/*}; done
  [[ -n $folder ]] && program=$folder/node_modules/.bin/tiered-secrets
  while read -r word about; do
    values+=("$word")
    shown+=("$word\${about:+  -- $about}")
  done < <(TIERED_SECRETS_LINE="\${(j: :)words[1,CURRENT]}" $program completion words 2>/dev/null)
  if (( $#values )); then compadd -l -d shown -a values; else _files; fi
}
compdef _tiered_secrets tiered-secrets
`,
  fish: `# Completion of tiered-secrets for fish, also behind npx.
function __tiered_secrets
  set --local folder $PWD
  while test -n "$folder"; and not test -x $folder/node_modules/.bin/tiered-secrets
    set folder (string replace --regex '/[^/]*$' '' -- $folder)
  end
  set --local program tiered-secrets
  test -n "$folder"; and set program $folder/node_modules/.bin/tiered-secrets
  TIERED_SECRETS_LINE=(commandline --cut-at-cursor --current-process) $program completion words 2>/dev/null | string replace ' ' \\t
end
function __tiered_secrets_any
  set --global __tiered_secrets_words (__tiered_secrets)
  test (count $__tiered_secrets_words) -gt 0
end
complete --command tiered-secrets --condition __tiered_secrets_any --no-files --arguments '$__tiered_secrets_words'
complete --command npx --condition '__fish_seen_subcommand_from tiered-secrets; and __tiered_secrets_any' --no-files --arguments '$__tiered_secrets_words'
`,
}
