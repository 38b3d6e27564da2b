# The shell's side of a session. $1: descriptor of requests, $2: descriptor of reports.
# A request is two NUL-terminated fields: how, and a text. A report is `R`, the status and the
# stages' statuses, NUL-terminated. While a block's text runs, both descriptors are closed, so that
# nothing that it starts can read a request or write a report.
exec 250<&"$1" 251>&"$2"
eval "exec $1<&- $2>&-"
set --
export RUNBOOK_SHELL=$$
unset -v OLDPWD
__runbook_trace=
while IFS= builtin read -r -d '' -u 250 __runbook_how &&
  IFS= builtin read -r -d '' -u 250 __runbook_text; do
  [[ $__runbook_how == quiet ]] ||
    __runbook_text=$__runbook_trace$__runbook_text$'\n{ __runbook_stages=("$?" "${PIPESTATUS[@]}"); case $- in *x*) __runbook_trace="builtin set -x; "; builtin set +x ;; *) __runbook_trace= ;; esac; } 2>/dev/null'
  __runbook_stages=()
  case $__runbook_how in
    run) builtin eval "$__runbook_text" 250<&- 251>&- ;;
    quiet) builtin eval "$__runbook_text" 250<&- 251>&- >/dev/null 2>&1; __runbook_stages=(0) ;;
    pty:*) builtin eval "$__runbook_text" 250<&- 251>&- >"${__runbook_how#pty:}" ;;
    tty:*)
      __runbook_how=${__runbook_how#tty:}
      TERM=${__runbook_how%%:*} builtin eval "$__runbook_text" 250<&- 251>&- \
        <"${__runbook_how#*:}" >"${__runbook_how#*:}" 2>&1
      ;;
    state)
      {
        builtin shopt -p
        builtin printf '\0'
        builtin declare -p
        builtin printf '\0'
        builtin declare -f
        builtin declare -F
        builtin printf '\0'
        builtin alias -p
        builtin trap -p
        builtin umask -p
        builtin printf 'builtin cd -- %q\n\0' "$PWD"
        builtin set +o
        builtin printf '\0'
      } >&251 2>/dev/null
      __runbook_stages=(0)
      ;;
    jobs)
      builtin jobs -p >&251
      builtin printf '\0' >&251
      __runbook_stages=(0)
      ;;
  esac
  __runbook_text=
  builtin printf 'R' >&251
  builtin printf ' %s' "${__runbook_stages[@]}" >&251
  builtin printf '\0' >&251
done
