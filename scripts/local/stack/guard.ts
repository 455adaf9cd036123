import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Guard extends AsyncDisposable {
  /** From now on this process group is ended if we die. */
  watch(pid: number): void
}

/**
 * Starts a small shell that outlives us: when our end of its pipe closes unexpectedly (SIGKILL, a crash),
 * it ends the registered process groups, newest first, and deletes the folder. A disposed guard does nothing.
 */
export function startGuard(folder: string): Guard {
  const shell = spawn('/bin/sh', ['-c', script, 'tiered-secrets-guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in a terminal signals the whole foreground group, and this one must survive it.
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  })
  const exited = once(shell, 'exit').catch(() => undefined)
  // The shell may be gone first when someone kills it; then there is no guard, and nothing else changes.
  shell.stdin.on('error', () => undefined)
  shell.on('error', () => undefined)
  shell.unref()
  return {
    watch: (pid) => void shell.stdin.write(`watch ${pid}\n`),
    async [Symbol.asyncDispose]() {
      shell.ref()
      shell.stdin.end('done\n')
      if (shell.pid !== undefined && shell.exitCode === null && shell.signalCode === null) await exited
    },
  }
}

// --- internal ---

const script = `
trap '' INT TERM HUP
groups=
while read -r word pid; do
  case $word in
    watch) groups="$pid $groups" ;;
    done) exit 0 ;;
  esac
done
for pid in $groups; do kill -s TERM -- "-$pid"; done
for second in 1 2; do
  alive=
  for pid in $groups; do kill -s 0 -- "-$pid" && alive=yes; done
  [ -z "$alive" ] && break
  sleep 1
done
for pid in $groups; do kill -s KILL -- "-$pid"; done
rm -rf -- "$1"
`
