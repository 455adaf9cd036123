import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { type ControlPlane, processEnvironment } from '../../scripts/local/control-plane.ts'
import { answersOk } from '../../scripts/local/probe.ts'
import { eventually } from './eventually.ts'
import { processesIn } from './processes.ts'

/** A program of a control plane, by its place in the process table. Linux only. */
export function programOf({ folder }: Pick<ControlPlane, 'folder'>, name: string) {
  for (const pid of processesIn(folder)) {
    const [file = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    if (file.endsWith(`/${name}`)) return { pid, file, args, cwd: readlinkSync(`/proc/${pid}/cwd`) }
  }
  throw new Error(`no ${name} runs in ${folder}`)
}

/**
 * Kills the API server of a control plane, and starts it anew with the same arguments.
 *
 * @returns what ends the new one
 */
export async function killApiServer(
  controlPlane: ControlPlane,
): Promise<{ restart(): Promise<void> } & AsyncDisposable> {
  const { pid, file, args, cwd } = programOf(controlPlane, 'kube-apiserver')
  process.kill(pid, 'SIGKILL')
  await eventually(
    () => processesIn(controlPlane.folder).includes(pid),
    (runs) => !runs,
  )
  let child: ReturnType<typeof spawn> | undefined
  return {
    async restart() {
      child = spawn(file, args, { cwd, env: { ...processEnvironment }, stdio: 'ignore' })
      const { server, ca, token } = controlPlane
      await eventually(
        () => answersOk({ url: `${server}/readyz`, ca, token }).catch(() => false),
        (isReady) => isReady,
        { timeoutMs: 60_000 },
      )
    },
    async [Symbol.asyncDispose]() {
      child?.kill('SIGKILL')
    },
  }
}
