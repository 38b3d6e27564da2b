# The shell's side of a session. $1: descriptor of requests, $2: of reports, $3: of states.
# A request is two NUL-terminated fields: how, and a text. A report is `R`, the status and the
# stages' statuses, NUL-terminated. While a block's text runs, the descriptors are closed, so that
# nothing that it starts can read a request or write a report.
# After the report, while the interpreter judges, the shell describes its state; `S` says that it
# has. What sets the options is not repeated as long as $BASHOPTS and $SHELLOPTS are the same.
exec 250<&"$1" 251>&"$2" 252>&"$3"
eval "exec $1<&- $2>&- $3>&-"
set --
export RUNBOOK_SHELL=$$
unset -v OLDPWD
__runbook_trace= __runbook_sane= __runbook_how= __runbook_end=
# A block's own `break` or `continue` acts on these loops: the report that it skips is made at the
# head of the inner one, and the outer one begins it again.
while [[ ! $__runbook_end ]]; do
  while :; do
    if [[ $__runbook_how ]]; then
      __runbook_sane=
      # A function of that name would leave this loop without a way to read or to report. The one
      # thing that no function can hide is a special builtin in POSIX mode.
      builtin eval __runbook_sane=1 2>/dev/null
      if [[ ! $__runbook_sane ]]; then
        if [[ -o posix ]]; then
          unset -f builtin
        else
          POSIXLY_CORRECT=1
          unset -f builtin
          unset -v POSIXLY_CORRECT
        fi
      fi
      builtin printf -v __runbook_text ' %s' "${__runbook_stages[@]}"
      builtin printf 'R%s\0' "$__runbook_text" >&251
      __runbook_text=
      if [[ $__runbook_how != options ]]; then
        {
          builtin printf '%s\0' "$BASHOPTS:$SHELLOPTS"
          builtin declare -p
          builtin printf '\0'
          builtin declare -f
          builtin declare -F
          builtin printf '\0'
          builtin alias -p
          builtin trap -p
          builtin umask -p
          builtin printf 'builtin cd -- %q\n\0' "$PWD"
        } >&252 2>/dev/null
        builtin printf 'S\0' >&251
      fi
      __runbook_how=
    fi
    {
      IFS= builtin read -r -d '' -u 250 __runbook_how &&
        IFS= builtin read -r -d '' -u 250 __runbook_text
    } || {
      __runbook_end=1
      break
    }
    [[ $__runbook_how == quiet ]] ||
      __runbook_text=$__runbook_trace$__runbook_text$'\n{ __runbook_stages=("$?" "${PIPESTATUS[@]}"); case $- in *x*) __runbook_trace="builtin set -x; "; builtin set +x ;; *) __runbook_trace= ;; esac; } 2>/dev/null'
    __runbook_stages=()
    case $__runbook_how in
      run) builtin eval "$__runbook_text" 250<&- 251>&- 252>&- ;;
      quiet)
        builtin eval "$__runbook_text" 250<&- 251>&- 252>&- >/dev/null 2>&1
        __runbook_stages=(0)
        ;;
      pty:*) builtin eval "$__runbook_text" 250<&- 251>&- 252>&- >"${__runbook_how#pty:}" ;;
      tty:*)
        __runbook_how=${__runbook_how#tty:}
        TERM=${__runbook_how%%:*} builtin eval "$__runbook_text" 250<&- 251>&- 252>&- \
          <"${__runbook_how#*:}" >"${__runbook_how#*:}" 2>&1
        ;;
      options)
        {
          builtin shopt -p
          builtin printf '\0'
          builtin set +o
          builtin printf '\0'
        } >&252 2>/dev/null
        __runbook_stages=(0)
        ;;
    esac
  done
done
