import { executeFill } from '../../scripts/change/fill/execute-fill.ts'
import { readFound } from '../../scripts/change/fill/found-secrets.ts'
import { isError, ProblemError } from '../../scripts/lib/problems.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { fillEntries } from '../../scripts/model/fill-entries.ts'
import { type EnvironmentModel, resolve } from '../../scripts/model/resolve.ts'
import { originOf } from '../../scripts/model/shared-values.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import { type FillOptions, type FillPlan, planFill } from '../../scripts/payload/fill-plan.ts'
import { generateValue, payloadOf } from '../../scripts/payload/seed.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/connection.ts'
import { listFolder } from '../../scripts/scaleway/secrets.ts'
import { accessVersion, listVersions } from '../../scripts/scaleway/versions.ts'

export type Values = ReadonlyMap<SecretSpec, string>

/** An empty account, and an environment to fill in it. */
export interface FillWorld extends AsyncDisposable {
  readonly emulator: Emulator
  readonly account: ScalewayAccount
  readonly model: EnvironmentModel
  /** Plans and does it in this process, as the owner; through a gate when `apiUrl` is given. */
  fill(
    values: Values,
    options?: Partial<FillOptions> & { readonly apiUrl?: string; readonly timeoutMs?: number },
  ): Promise<FillPlan>
  /** What Scaleway holds: a line a remote secret, with the status of each version and whether the value is as wanted. */
  contents(wanted: Values): Promise<string[]>
  /** What the command line needs to find the account, and no one else's. */
  env(apiUrl?: string): Readonly<Record<string, string | undefined>>
}

/** @param options.tier the only one the world is about; default: all */
export async function startFillWorld(
  application: Application,
  environment: string,
  { tier, ...options }: EmulatorOptions & { readonly tier?: string } = {},
): Promise<FillWorld> {
  const emulator = await startEmulator({ limits: { secrets: 1000 }, ...options })
  const whole = resolve(application, environment)
  const model = { ...whole, tiers: whole.tiers.filter(({ name }) => tier === undefined || name === tier) }
  const { secretKey, organizationId } = emulator.owner
  const account = { apiUrl: emulator.url, secretKey, retryMs: 1 }
  return {
    emulator,
    account,
    model,
    async fill(values, { apiUrl = emulator.url, timeoutMs, ...parts } = {}) {
      const given = { replace: false, disablePrevious: false, prune: false, chosen: false, ...parts }
      const request = { scope: fillEntries(model), values, options: given }
      const own = { ...account, apiUrl, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
      const plan = planFill(request, await readFound(own, model, request))
      if (plan.problems.some(isError)) throw new ProblemError(plan.problems)
      await executeFill({ account: own, region: model.region, log: () => undefined }, plan.work)
      return plan
    },
    async contents(wanted) {
      const { region } = model
      const lines: string[] = []
      for (const { remotePath, projectId, remoteSecrets } of model.tiers) {
        for (const { id, name, type } of await listFolder(account, { region, projectId }, remotePath)) {
          const remote = remoteSecrets.find((one) => one.name === name)
          const versions = await listVersions(account, region, id)
          const newest = versions.findLast(({ status }) => status === 'enabled')
          const value = newest && (await accessVersion(account, region, id, newest.revision)).toString()
          const expected = remote && payloadOf(remote, (spec) => wanted.get(spec) ?? '')
          const isWanted = value === expected ? 'as wanted' : value === undefined ? 'empty' : 'another value'
          lines.push([`${remotePath}/${name}`, type, ...versions.map(({ status }) => status), isWanted].join(' '))
        }
      }
      return lines.sort()
    },
    env: (apiUrl = emulator.url) => ({
      SCW_API_URL: apiUrl,
      SCW_SECRET_KEY: secretKey,
      SCW_DEFAULT_ORGANIZATION_ID: organizationId,
      SCW_PROFILE: undefined,
      SCW_CONFIG_PATH: undefined,
    }),
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

/** A value for each variable that fits its format. */
export function valuesFor({ tiers }: EnvironmentModel): Values {
  const specs = tiers.flatMap((tier) => tier.remoteSecrets.flatMap((remote) => remote.specs))
  const own = new Map(specs.filter(({ sameAs }) => !sameAs).map((spec) => [originOf(spec), generateValue(spec)]))
  return new Map(specs.map((spec) => [spec, own.get(originOf(spec)) ?? '']))
}

/** The lines `contents` gives when everything is there, with versions of these statuses. */
export function filled({ tiers }: EnvironmentModel, ...statuses: readonly string[]): string[] {
  return tiers
    .flatMap(({ remotePath, remoteSecrets }) =>
      remoteSecrets.map(({ name, shape }) =>
        [`${remotePath}/${name}`, shape === 'bundle' ? 'key_value' : 'opaque', ...statuses, 'as wanted'].join(' '),
      ),
    )
    .sort()
}

/** As they are written in a file: with their tier, so that no name is ambiguous. */
export function named(values: Values): ReadonlyMap<string, string> {
  return new Map([...values].map(([{ tier, variable }, value]) => [`${tier}.${variable}`, value]))
}

/** Values that are long enough not to be in a text by chance, as they are and in base64. */
export function tellTale(values: Values): string[] {
  const long = [...values.values()].filter((value) => value.length >= 12)
  return long.flatMap((value) => [value, Buffer.from(value).toString('base64')])
}
