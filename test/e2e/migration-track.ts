import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { differingKeys } from '../../scripts/change/migration/backup-document.ts'
import { newestBackup, openBackup } from '../../scripts/change/migration/backups.ts'
import type { MigrationContext } from '../../scripts/change/migration/migration-context.ts'
import { type MigrationState, readState } from '../../scripts/change/migration/migration-state.ts'
import { type MigrationView, migrate } from '../../scripts/change/migration/run.ts'
import type { ExternalSecretObject } from '../../scripts/cluster/external-secrets.ts'
import { createClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { keyedDigest } from '../../scripts/lib/keyed-digest.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import type { LocalStack } from '../../scripts/local/stack/stack.ts'
import { type EnvironmentModel, resolve, specsOf } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { type DisturbedGates, startDisturbedGates } from '../helpers/disturbance.ts'
import { eventually } from '../helpers/eventually.ts'
import { emptyAccount, emptyCluster, expectedRemotes, remoteSecrets, runOutLease } from './migration-remains.ts'
import { encoded, oldValues, passphrase, putSecret } from './migration-world.ts'

/** A small application with an old Secret, whose migration goes through two gates, as often as wanted. */
export interface MigrationTrack extends AsyncDisposable {
  readonly application: Application
  readonly model: EnvironmentModel
  readonly gates: DisturbedGates
  /** The environment of a command line that goes through the gates. */
  readonly env: Readonly<Record<string, string>>
  /** Values of every round so far. */
  readonly secrets: ReadonlySet<string>
  /** Everything as before the migration, with new values. `handMade`: one target is somebody's own. */
  reset(options: { readonly handMade: boolean }): Promise<void>
  /** Through the gates, as one more run. */
  context(parts?: Partial<MigrationContext>): MigrationContext
  /**
   * What a run that was interrupted has left behind, without what differs from run to run: what the journal says, each
   * remote secret with its versions, and each Secret with what it holds.
   */
  left(): Promise<LeftByMigration>
  /** What must hold at every moment: each byte of the old Secret is there, or in the backup. */
  expectNothingLost(what: string): Promise<void>
  /** The same command again ends where an undisturbed one does, and nothing was done twice. */
  expectResumes(what: string, parts?: Partial<MigrationContext>): Promise<void>
}

export interface LeftByMigration {
  readonly journal: unknown
  readonly remotes: readonly string[]
  readonly secrets: readonly string[]
  /** Whether the ExternalSecret is there that a target made by hand keeps from being deployed. */
  readonly isDeployed: boolean
  /** The keys of that target. Once it is deployed, the operator writes it. */
  readonly taken: string
  /** By target: the keys whose values are not as they will be. The operator may be at it. */
  readonly behind: readonly (readonly string[])[]
}

/** The same without what the operator does by itself meanwhile. */
export function withoutOperator({ behind: _, taken, ...left }: LeftByMigration): string {
  return JSON.stringify({ ...left, taken: left.isDeployed ? 'of the operator' : taken })
}

const digest = keyedDigest()
/** What only the target made by hand has. */
const extra = 'EXTRA_TOKEN'

/** Required secrets of both tiers and an optional one, a bundle, and a variable of both tiers. */
export function trackApplication(name: string, projectId: string): Application {
  return applicationWith({
    application: name,
    legacy: { namespace: `${name}-old`, secret: `${name}-old-secrets` },
    secrets: [
      { tier: 'api', variable: 'DATABASE_URL', format: 'postgresql-url' },
      { tier: 'api', variable: 'PAY_LOGIN', format: 'identifier', identity: 'pay', layout: 'bundle' },
      { tier: 'api', variable: 'PAY_KEY', format: 'random-secret', identity: 'pay', layout: 'bundle' },
      { tier: 'api', variable: 'SENTRY_DSN', format: 'sentry-dsn', optional: true },
      { tier: 'web', variable: 'SITE_KEY', format: 'at least 40 characters' },
      { tier: 'web', variable: 'SENTRY_DSN', format: 'sentry-dsn' },
    ],
    environments: {
      dev: environment({ projectId, kubeContext: name, without: ['admission', 'network-policies', 'rbac'] }),
    },
  })
}

/**
 * @param stack with the chart of the application installed, and its keys in place
 * @param variables by which a command line finds the account
 */
export async function startTrack(
  { emulator, controlPlane, client }: Pick<LocalStack, 'emulator' | 'controlPlane' | 'client'>,
  application: Application,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<MigrationTrack> {
  const model = resolve(application, 'dev')
  const { namespace, secret: name } = model.legacy ?? { namespace: '', secret: '' }
  const legacy = { namespace, name }
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey, retryMs: 1 }
  const gates = await startDisturbedGates({
    scaleway: emulator.url,
    cluster: controlPlane,
    // When a lease is renewed is for the clock to say.
    ignore: ({ method, url }) => method === 'PATCH' && url.includes('/leases/'),
  })
  const { ca, token } = controlPlane
  const gated = createClient({ server: gates.clusterUrl, token })
  const kubeconfig = join(folder, `${model.application}.kubeconfig`)
  const text = kubeconfigText({ context: 'tiered-secrets-local', server: gates.clusterUrl, ca, token })
  await writeFile(kubeconfig, text, { mode: 0o600 })
  const taken = { namespace: `${model.application}-web`, name: 'web-secrets' }
  const manifest = await client.get<ExternalSecretObject>(kinds.externalSecret, taken)
  if (!manifest) throw new Error('the chart is not installed')
  const secrets = new Set<string>()
  let values: Record<string, string> = {}
  let byHand: Record<string, string> | undefined

  const context = (parts: Partial<MigrationContext> = {}): MigrationContext => ({
    model,
    legacy,
    client: gated,
    account: { ...account, apiUrl: gates.scalewayUrl },
    signal: new AbortController().signal,
    holder: `test ${Math.random()}`,
    digest: keyedDigest(),
    isTerminal: false,
    log: () => undefined,
    choices: {
      assign: new Map([['SENTRY_DSN', ['api', 'web']]]),
      leave: [],
      replace: false,
      timeout: '60s',
      confirm: legacy.name,
    },
    person: { passphrase: async () => passphrase, ask: undefined },
    waits: { refresh: { timeoutMs: 60_000, pollMs: 50 }, leaseMs: 30_000, pendingMs: 1_000, sealCost: 2 ** 8 },
    async deploy(signal) {
      const { labels, annotations } = manifest.metadata
      const metadata = { ...taken, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
      const object = { metadata, spec: manifest.spec } as KubernetesObject
      await gated.apply(kinds.externalSecret, taken, object, { signal })
    },
    ...parts,
  })
  const plain = (): MigrationContext => context({ client, account })
  const secret = (ref: { readonly namespace: string; readonly name: string }) =>
    client.get<SecretObject>(kinds.secret, ref)
  const bytesDiffer = (found: SecretObject | undefined, wanted: Readonly<Record<string, string>>) =>
    differingKeys(digest, found?.data ?? {}, encoded(wanted))

  const track: MigrationTrack = {
    application,
    model,
    gates,
    secrets,
    context,
    env: {
      ...variables,
      KUBECONFIG: kubeconfig,
      SCW_API_URL: gates.scalewayUrl,
      TMPDIR: await mkdtemp(join(folder, 'tmp-')),
    },
    async reset({ handMade }) {
      gates.calm()
      await emptyCluster(client, model, legacy)
      await emptyAccount(account, model)
      values = oldValues(model)
      await putSecret(client, legacy, values)
      byHand = handMade ? { SITE_KEY: values.SITE_KEY ?? '', [extra]: `only by hand ${Math.random()}` } : undefined
      for (const value of [...Object.values(values), byHand?.[extra] ?? '']) if (value.length > 11) secrets.add(value)
      if (!byHand) return
      await client.delete(kinds.externalSecret, taken)
      await client.delete(kinds.secret, taken)
      await eventually(
        async () => [await secret(taken), await client.get(kinds.externalSecret, taken)].some(Boolean),
        (some) => !some,
      )
      await putSecret(client, taken, byHand)
    },
    async left() {
      const state = await readState(plain())
      const newest = await newestBackup(plain(), 'backup')
      const places = [legacy, taken, { ...taken, name: `${taken.name}-before-migration` }]
      const found = await Promise.all(places.map(secret))
      const [old, target, copy] = found
      const remotes = await remoteSecrets(account, model, values, digest)
      const seen = [newest?.uid, ...found.map((one) => one?.metadata.uid)]
      const nameOf = (uid: string) => (seen.includes(uid) ? `object ${seen.indexOf(uid)}` : 'another object')
      const targets = model.tiers.flatMap((tier) =>
        tier.externalSecrets.map(async (target) => {
          const wanted = Object.fromEntries(specsOf(target).map(({ variable }) => [variable, values[variable] ?? '']))
          return bytesDiffer(await secret({ namespace: tier.namespace, name: target.name }), wanted)
        }),
      )
      return {
        journal: withoutNumbers(state, model.application, nameOf),
        remotes: remotes.map((line) => line.replace(model.application, 'shop')),
        secrets: [`backups: ${newest?.number ?? 0}`, keysOf(old), keysOf(copy)],
        taken: keysOf(target),
        isDeployed: (await client.get(kinds.externalSecret, taken)) !== undefined,
        behind: await Promise.all(targets),
      }
    },
    async expectNothingLost(what) {
      const old = await secret(legacy)
      if (old) expect([what, bytesDiffer(old, values)]).toEqual([what, []])
      else {
        const newest = await newestBackup(plain(), 'backup')
        const { secrets } = await openBackup({ model }, newest?.text ?? '', 'the backup', passphrase)
        const saved = secrets.find((one) => one.name === legacy.name)
        expect([what, differingKeys(digest, saved?.data ?? {}, encoded(values))]).toEqual([what, []])
      }
      if (!byHand) return
      const copy = await secret({ ...taken, name: `${taken.name}-before-migration` })
      const places = [(await secret(taken))?.data?.[extra], copy?.data?.[extra]]
      const isThere = places.some(
        (data) => data !== undefined && digest(Buffer.from(data, 'base64')) === digest(byHand?.[extra] ?? ''),
      )
      expect([what, isThere]).toEqual([what, true])
    },
    async expectResumes(what, parts = {}) {
      await runOutLease(client, model)
      const view: MigrationView = await migrate({ ...plain(), ...parts })
      expect([
        what,
        view.steps.filter(({ state }) => state !== 'done').map(({ name, note }) => `${name}: ${note}`),
      ]).toEqual([what, []])
      expect([what, (await secret(legacy)) === undefined]).toEqual([what, true])
      await track.expectNothingLost(what)
      expect([what, await remoteSecrets(account, model, values, digest)]).toEqual([what, expectedRemotes(model)])
      for (const tier of model.tiers)
        for (const target of tier.externalSecrets) {
          const wanted = Object.fromEntries(specsOf(target).map(({ variable }) => [variable, values[variable] ?? '']))
          const found = await secret({ namespace: tier.namespace, name: target.name })
          expect([what, target.name, bytesDiffer(found, wanted)]).toEqual([what, target.name, []])
        }
      expect([what, (await newestBackup(plain(), 'backup'))?.number]).toEqual([what, 1])
    },
    async [Symbol.asyncDispose]() {
      gated[Symbol.dispose]()
      await gates[Symbol.asyncDispose]()
    },
  }
  return track
}

// --- internal ---

function keysOf(secret: SecretObject | undefined): string {
  return secret
    ? Object.keys(secret.data ?? {})
        .sort()
        .join(' ')
    : 'absent'
}

/** A journal of any track and any round in the same words: times and numbers of objects are reported as such. */
function withoutNumbers(state: MigrationState, application: string, nameOf: (uid: string) => string): unknown {
  return JSON.parse(JSON.stringify(state).replaceAll(application, 'shop'), (key, value: unknown) => {
    if (key === 'resourceVersion') return 'a number'
    if (key === 'run') return 'a run'
    if (key === 'uid') return nameOf(String(value))
    return typeof value === 'string' && !Number.isNaN(Date.parse(value)) && /^\d{4}-/.test(value) ? 'a time' : value
  })
}
