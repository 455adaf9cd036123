import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { processEnvironment } from '../../scripts/local/stack/api-server.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { answersOk } from '../../scripts/local/stack/health-probe.ts'
import { type RunningProcess, startProcess } from '../../scripts/local/stack/process.ts'
import { eventually } from './eventually.ts'
import { isRunning, processesIn } from './processes.ts'

/** A program of a control plane, by its place in the process table. Linux only. */
export function programOf({ folder }: Pick<ControlPlane, 'folder'>, name: string) {
  for (const pid of processesIn(folder)) {
    const [file = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    if (file.endsWith(`/${name}`)) return { pid, file, args, cwd: readlinkSync(`/proc/${pid}/cwd`) }
  }
  throw new Error(`no ${name} runs in ${folder}`)
}

/**
 * Kills the API server of a control plane, and starts it again with the same arguments.
 *
 * @returns what ends the new one
 */
export async function killApiServer(
  controlPlane: ControlPlane,
): Promise<{ restart(): Promise<void> } & AsyncDisposable> {
  const { pid, file, args, cwd } = programOf(controlPlane, 'kube-apiserver')
  process.kill(pid, 'SIGKILL')
  await eventually(
    () => isRunning(pid),
    (running) => !running,
  )
  let another: RunningProcess | undefined
  return {
    async restart() {
      const { server, ca, token } = controlPlane
      another = await startProcess({
        ...{ name: 'kube-apiserver', file, args, cwd, env: { ...processEnvironment, HOME: cwd } },
        logFile: join(cwd, 'kube-apiserver.log'),
        ready: () => answersOk({ url: `${server}/readyz`, ca, token }),
        timeoutMs: 120_000,
        graceMs: 300,
      })
    },
    async [Symbol.asyncDispose]() {
      await another?.[Symbol.asyncDispose]()
    },
  }
}
