# The beginning of an operator's shell. $1: descriptor of texts, $2: of reports, $3: of states.
# Each text is NUL-terminated: what the run's shell knows, in the order in which it is evaluated.
# `S` says that the shell has described what it knows: once when the operator begins, and once when
# they leave. What else begins with `__runbook_` is ours.
exec 250<&"$1" 251>&"$2" 252>&"$3"
eval "exec $1<&- $2>&- $3>&-"
set --
unset -v PROMPT_COMMAND
for __runbook_part in shopt variables functions rest set; do
  IFS= builtin read -r -d '' -u 250 __runbook_text
  {
    # What the traps of the run do is meant to happen once, and not here.
    [[ $__runbook_part != rest ]] || trap() { :; }
    builtin eval "$__runbook_text"
    [[ $__runbook_part != rest ]] || unset -f trap
  } >/dev/null 2>&1
done
exec 250<&-
# No history is written: what is typed may be a secret. A failing command is no reason to leave.
unset -v __runbook_text __runbook_part HISTFILE PROMPT_COMMAND PS0
set +e +u +x +v -m -o emacs
export RUNBOOK_SHELL=$$ TERM=$__runbook_terminal
PS1=$__runbook_prompt PS2='> '
unset -v __runbook_terminal __runbook_prompt
__runbook_tell='{
  builtin shopt -p
  builtin printf "\0"
  builtin declare -p
  builtin printf "\0"
  builtin declare -f
  builtin declare -F
  builtin printf "\0"
  builtin alias -p
  builtin trap -p
  builtin umask -p
  builtin printf "builtin cd -- %q\n\0" "$PWD"
  builtin set +o
  builtin printf "\0"
} >&252 2>/dev/null
builtin printf "S\0" >&251'
builtin eval "$__runbook_tell"
builtin trap 'builtin trap - EXIT; builtin eval "$__runbook_tell"' EXIT
