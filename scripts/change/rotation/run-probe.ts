import { tryRun } from '../../lib/exec.ts'
import { ProblemError } from '../../lib/problems.ts'
import type { RotationContext } from './rotation-context.ts'

export interface Probe {
  /** For a shell. */
  readonly command: string
  /** Of the caller; only the variables that a program needs are passed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder it runs in: the one in which it was typed. */
  readonly folder: string
}

/**
 * Runs the command that checks whether the application works with the new value. It gets no secret, and what it prints
 * is not shown, because it may print one.
 *
 * @throws ProblemError `PROBE_FAILED`; the signal's reason when aborted
 */
export async function runProbe(context: RotationContext, { command, env, folder }: Probe): Promise<void> {
  const { unit, model, signal, waits, log } = context
  log('running the probe')
  const own = {
    TIERED_SECRETS_ENVIRONMENT: model.environment,
    TIERED_SECRETS_TIER: unit.tiers[0].name,
    TIERED_SECRETS_NAMESPACE: unit.tiers[0].namespace,
    TIERED_SECRETS_TIERS: unit.tiers.map(({ name }) => name).join(' '),
    TIERED_SECRETS_NAMESPACES: unit.tiers.map(({ namespace }) => namespace).join(' '),
    TIERED_SECRETS_ROTATED: unit.name,
  }
  const { exitCode, wasLate } = await tryRun('/bin/sh', ['-c', command], {
    cwd: folder,
    env: { ...handedOn(env), ...own },
    onlyEnv: true,
    isSilent: true,
    isGroup: true,
    signal,
    timeoutMs: waits.probeMs,
  })
  signal.throwIfAborted()
  if (exitCode === 0 && !wasLate) return log('the probe passed')
  const seconds = waits.probeMs / 1000
  const fact = wasLate ? `took longer than ${seconds} seconds` : `ended with exit code ${exitCode}`
  throw new ProblemError({
    code: 'PROBE_FAILED',
    where: '--probe',
    message: `${fact}. Expected exit code 0 within ${seconds} seconds.`,
    fix: `Run it by hand to see what it prints, correct the value or the application, and rotate again${wasLate ? '; --timeout gives it more time' : ''}.`,
  })
}

// --- internal ---

/** Variables about programs, configuration, temporary files, language and network. */
const names = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'KUBECONFIG', 'SSL_CERT_FILE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
]

function handedOn(env: Probe['env']): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}
