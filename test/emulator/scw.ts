import { type RunResult, run, tryRun } from '../../scripts/lib/exec.ts'
import type { Emulator } from '../../scripts/local/emulator/emulator.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { tools } from '../helpers/tools.ts'
import { type Clients, variablesOf } from './clients.ts'

/** Scaleway's command line tool, as one key sees the emulator. */
export interface Scw {
  /** The whole environment it is run with: nothing of the user's own, and a home of its own. */
  readonly env: Readonly<Record<string, string>>
  /** Runs it, whatever it ends with. */
  tried(...args: readonly string[]): Promise<RunResult>
  /** What it prints; fails unless it ends with 0. */
  text(...args: readonly string[]): Promise<string>
  /** What it prints as JSON; fails unless it ends with 0. */
  json<T = Readonly<Record<string, unknown>>>(...args: readonly string[]): Promise<T>
}

/** It asks nobody but the emulator: the check for a newer version, at another server, is off. */
export async function scwOf(emulator: Emulator, key: Pick<Clients, 'accessKey' | 'secretKey'>): Promise<Scw> {
  const { scw } = await tools('scw')
  const env = {
    ...variablesOf(emulator, key),
    HOME: await temporaryFolder(),
    SCW_DISABLE_CHECK_VERSION: 'true',
  }
  const options = { env, onlyEnv: true }
  return {
    env,
    tried: (...args) => tryRun(scw.path, args, options),
    text: (...args) => run(scw.path, args, options),
    json: async (...args) => JSON.parse(await run(scw.path, [...args, '-o', 'json'], options)),
  }
}
