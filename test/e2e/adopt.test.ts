import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KubernetesObject, kinds, type NamespacedRef, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import type { RemoteSecretModel, TierModel } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { findSecret, secretsPath } from '../../scripts/scaleway/secrets.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { applyByHand, handMadeExternalSecret } from './hand-made.ts'
import { ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

const { folder: root } = await folderWith(trackdechets)
const environment = 'recette'

let world: World

beforeAll(async () => {
  world = await startWorld({ application: trackdechets, environment })
  const { client, model, emulator } = world.stack
  await applyByHand(client, model, emulator.url)
  for (const ref of targets())
    await eventually(
      () => client.get<SecretObject>(kinds.secret, ref),
      (secret) => secret !== undefined,
      { timeoutMs: 60_000 },
    )
})
afterAll(() => world?.[Symbol.asyncDispose]())

const targets = (): NamespacedRef[] =>
  world.stack.model.tiers.flatMap((tier) => {
    const target = requiredTarget(tier)
    return target ? [{ namespace: tier.namespace, name: target.name }] : []
  })

const cli = (command: string, ...args: string[]) => cliWith({}, command, ...args)

async function cliWith(more: Readonly<Record<string, string>>, command: string, ...args: string[]) {
  const env = { ...ownedWorld(world).env, ...more }
  const shown = await hostedCli([command, '--environment', environment, ...args], { cwd: root, env })
  expect(shown.stderr).not.toMatch(/bug of tiered-secrets|^ {4}at |Warning:/m)
  return shown
}

/** Every state of the targets that the API server has told until it is stopped: their data, or that they were deleted. */
async function watchTargets() {
  const { client } = world.stack
  const stop = new AbortController()
  const states = new Map<string, Set<string>>()
  const watches = await Promise.all(
    targets().map(async ({ namespace, name }) => {
      const options = { namespace, fieldSelector: `metadata.name=${name}`, signal: stop.signal }
      const { items, resourceVersion } = await client.list<SecretObject>(kinds.secret, options)
      const seen = new Set(items.map(stateOf))
      states.set(name, seen)
      const events = client.watch<SecretObject>(kinds.secret, { ...options, resourceVersion })
      const follow = async () => {
        for await (const { type, object } of events) seen.add(type === 'DELETED' ? 'deleted' : stateOf(object))
      }
      return { ended: follow().catch(() => undefined) }
    }),
  )
  return async () => {
    stop.abort()
    await Promise.all(watches.map(({ ended }) => ended))
    return states
  }
}

function stateOf({ metadata, data = {} }: SecretObject): string {
  const sorted = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${metadata.uid} ${world.digest(JSON.stringify(sorted))}`
}

test('plan names each object that was made by hand, and deploy changes none of them', async () => {
  const plan = await cli('plan', '--output', 'json')
  const { problems } = JSON.parse(plan.stdout) as { problems: { code: string; where: string; fix: string }[] }
  expect(problems.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'OBJECT_OF_NOBODY ExternalSecret/trackdechets-backend/backend-secrets',
    'OBJECT_OF_NOBODY ExternalSecret/trackdechets-frontend/frontend-secrets',
    'OBJECT_OF_NOBODY Namespace/trackdechets-backend',
    'OBJECT_OF_NOBODY Namespace/trackdechets-frontend',
    'OBJECT_OF_NOBODY SecretStore/trackdechets-backend/backend-secretstore',
    'OBJECT_OF_NOBODY SecretStore/trackdechets-frontend/frontend-secretstore',
  ])
  expect(plan.exitCode).toBe(3)
  const deploy = await cli('deploy', '--yes')
  expect([deploy.exitCode, deploy.stdout]).toEqual([3, ''])
  expect(deploy.stderr).toMatch(/belongs to nobody: .*\n {2}fix: `[^`]+ --environment recette --adopt`/)
  const { items } = await world.stack.client.list<SecretObject>(kinds.secret, { labelSelector: 'owner=helm' })
  expect(items).toEqual([])
})

test('a value that Scaleway has otherwise is not overwritten without a word', async () => {
  const { client, model } = world.stack
  const tier = model.tiers.find(({ name }) => name === 'frontend') as TierModel
  const ref = { namespace: tier.namespace, name: 'frontend-secrets' }
  const made = handMadeExternalSecret(tier) as KubernetesObject & { spec: { data: { remoteRef: object }[] } }
  const [entry] = made.spec.data
  const other = { ...entry, remoteRef: { key: 'path:/trackdechets-frontend/sentry-dsn' } }
  const before = await world.digests(ref.namespace, ref.name)
  const apply = (data: object[]) => client.mergePatch(kinds.externalSecret, ref, { spec: { data } })
  const changed = (isOther: boolean) =>
    eventually(
      () => world.digests(ref.namespace, ref.name),
      (now) => (JSON.stringify(now) !== JSON.stringify(before)) === isOther,
      { timeoutMs: 60_000 },
    )
  await apply([other])
  await changed(true)
  const { exitCode, stdout, stderr } = await cli('deploy', '--yes', '--adopt')
  expect(stderr).toMatch(
    /^Secret\/trackdechets-frontend\/frontend-secrets: holds a value for \w+ that differs from the one in Scaleway, .*\n {2}fix: If it is right: `.* fill .* --from-secret trackdechets-frontend\/frontend-secrets --only frontend\.\w+ --replace`\. .*\n {2}\(TARGET_VALUE_DIFFERS\)$/m,
  )
  expect([exitCode, stdout]).toEqual([3, ''])
  const alone = await cli('deploy', '--yes', '--adopt', '--dry-run', '--accept-values')
  expect(alone.exitCode).toBe(0)
  await apply([entry as object])
  await changed(false)
})

test('deploy --adopt takes them over, and no byte of a target changes or is gone on the way', async () => {
  const { client, model } = world.stack
  const stop = await watchTargets()
  const { exitCode, stdout, stderr } = await cli('deploy', '--yes', '--adopt', '--timeout', '30s')
  expect(stderr).toMatch(
    /^ExternalSecret\/trackdechets-backend\/backend-secrets: was taken over; it belonged to nobody$/m,
  )
  expect(stderr).not.toContain('was restored')
  expect(stdout).toMatch(/: revision 1 is deployed$/m)
  expect(exitCode).toBe(0)
  const states = await stop()
  expect([...states.values()].map((seen) => [...seen])).toEqual(
    [...states.values()].map(() => [expect.not.stringContaining('deleted')]),
  )
  for (const tier of model.tiers)
    for (const { name } of tier.externalSecrets) {
      const ref = { namespace: tier.namespace, name }
      const found = await client.get<KubernetesObject>(kinds.externalSecret, ref)
      expect(found?.metadata.annotations?.['meta.helm.sh/release-name']).toBe(model.release.name)
    }
  const after = await cli('plan', '--output', 'json')
  const { objects } = JSON.parse(after.stdout) as { objects: { action: string }[] }
  expect(new Set(objects.map(({ action }) => action))).toEqual(new Set(['none']))
  expect(after.exitCode).toBe(0)
})

test('what Argo CD has deployed, tracked by a label or an annotation, is not a change to plan, and deploy takes it over only when it is told to', async () => {
  const { client } = world.stack
  const byAnnotation = { namespace: 'trackdechets-backend', name: 'backend-optional-secrets' }
  const byLabel = { namespace: 'trackdechets-frontend', name: 'frontend-optional-secrets' }
  const both = [byAnnotation, byLabel]
  const annotations = { 'meta.helm.sh/release-name': null, 'meta.helm.sh/release-namespace': null }
  const trackingId = `secrets:external-secrets.io/ExternalSecret:${byAnnotation.name}`
  await client.mergePatch(kinds.externalSecret, byAnnotation, {
    metadata: { annotations: { ...annotations, 'argocd.argoproj.io/tracking-id': trackingId } },
  })
  await client.mergePatch(kinds.externalSecret, byLabel, {
    metadata: { annotations, labels: { 'app.kubernetes.io/instance': 'secrets' } },
  })
  const plan = await cli('plan', '--output', 'json')
  const { objects } = JSON.parse(plan.stdout) as { objects: { action: string }[] }
  expect(objects.filter(({ action }) => action !== 'none')).toEqual([])
  expect([plan.exitCode, (await cli('status')).exitCode]).toEqual([0, 0])
  const refused = await cli('deploy', '--yes', '--adopt')
  expect(refused.stderr).toMatch(
    /^ExternalSecret\/trackdechets-backend\/backend-optional-secrets: and ExternalSecret\/trackdechets-frontend\/frontend-optional-secrets belong to Application "secrets" of Argo CD\..*--adopt-from argocd\/secrets.*\n {2}\(OBJECT_OF_OTHER\)$/ms,
  )
  expect([refused.exitCode, refused.stdout]).toEqual([3, ''])
  const taken = await cli('deploy', '--yes', '--adopt-from', 'argocd/secrets', '--output', 'json')
  const { adopted } = JSON.parse(taken.stdout) as { adopted: { object: string }[] }
  expect(adopted.map(({ object }) => object).sort()).toEqual(
    both.map(({ namespace, name }) => `ExternalSecret/${namespace}/${name}`),
  )
  expect(taken.exitCode).toBe(0)
  for (const ref of both) {
    const { labels, annotations: left } =
      (await client.get<KubernetesObject>(kinds.externalSecret, ref))?.metadata ?? {}
    expect(labels?.['app.kubernetes.io/instance']).toBe(world.stack.model.release.name)
    expect(Object.keys(left ?? {}).filter((name) => name.startsWith('argocd'))).toEqual([])
  }
})

test('a release of another environment is not touched', async () => {
  const { client } = world.stack
  const ref = { namespace: 'trackdechets-frontend', name: 'frontend-secretstore' }
  const labelled = (name: string) =>
    client.mergePatch(kinds.secretStore, ref, { metadata: { labels: { 'tiered-secrets/environment': name } } })
  await labelled('production')
  for (const command of [['plan'], ['deploy', '--yes', '--adopt']]) {
    const { exitCode, stderr } = await cli(command[0] ?? '', ...command.slice(1))
    expect(stderr).toMatch(
      /^SecretStore\/trackdechets-frontend\/frontend-secretstore: belongs to environment "production" of trackdechets\. .*\(ENVIRONMENT_DIFFERS\)$/ms,
    )
    expect(exitCode).toBe(3)
  }
  await labelled(environment)
})

describe('a key that goes away', () => {
  const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }
  /** The names that the cluster has had before: the committed catalogue renames one, and makes another one optional. */
  const older: Application = {
    ...trackdechets,
    catalogue: {
      ...trackdechets.catalogue,
      secrets: trackdechets.catalogue.secrets.map((secret) =>
        secret.tier === 'backend' && secret.variable === 'REDIS_URL'
          ? { ...secret, variable: 'REDIS_ADDRESS', remoteName: 'redis-url' }
          : secret,
      ),
    },
  }
  const streaming = { namespace: backend.namespace, name: 'streaming' }

  beforeAll(async () => {
    const { client } = world.stack
    await world.install(older)
    await eventually(
      () => client.get<SecretObject>(kinds.secret, backend),
      (secret) => Object.hasOwn(secret?.data ?? {}, 'REDIS_ADDRESS'),
      { timeoutMs: 60_000 },
    )
    const labels = { app: 'streaming' }
    const valueFrom = { secretKeyRef: { name: backend.name, key: 'REDIS_ADDRESS' } }
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'x', env: [{ name: 'REDIS', valueFrom }] }] },
    }
    const spec = { replicas: 0, selector: { matchLabels: labels }, template }
    await client.create(kinds.deployment, { metadata: streaming, spec } as KubernetesObject)
  })

  test('is named by plan with its readers, and deploy changes nothing without --accept-removals', async () => {
    const told =
      /^Secret\/trackdechets-backend\/backend-secrets: will lose REDIS_ADDRESS: REDIS_ADDRESS becomes REDIS_URL; it is read by Deployment\/streaming \(does NOT start without it\)\..*\n.*\n {2}\(KEY_REMOVED\)$/m
    const plan = await cli('plan')
    expect(plan.stderr).toMatch(told)
    expect(plan.exitCode).toBe(3)
    const deploy = await cli('deploy', '--yes')
    expect(deploy.stderr).toMatch(told)
    expect([deploy.exitCode, deploy.stdout]).toEqual([3, ''])
    const accepted = await cli('deploy', '--yes', '--accept-removals', '--output', 'json')
    expect(accepted.exitCode).toBe(0)
    const { problems } = JSON.parse(accepted.stdout) as { problems: { code: string; severity: string }[] }
    expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toContain('warning KEY_REMOVED')
  })

  test('is reported by status and doctor, with who names it', async () => {
    const status = await cli('status')
    expect(`${status.stdout}${status.stderr}`).toMatch(
      /Deployment\/trackdechets-backend\/streaming: names REDIS_ADDRESS of Secret backend-secrets, .*does not start again without it/,
    )
    expect(status.exitCode).toBe(3)
    const doctor = await cli('doctor', '--output', 'json')
    const { causes } = JSON.parse(doctor.stdout) as { causes: { code: string; where: string }[] }
    expect(causes.filter(({ code }) => code === 'KEY_GONE')).toMatchObject([
      { where: 'Deployment/trackdechets-backend/streaming' },
    ])
    expect(doctor.exitCode).toBe(3)
  })
})

describe('a secret that Scaleway has not', () => {
  /** As somebody deploys who has no account in Scaleway. */
  const withoutAccount = { SCW_SECRET_KEY: '', SCW_DEFAULT_ORGANIZATION_ID: '' }

  test('ends the wait at once with the cause, and once it is there deploy has it read at once', async () => {
    const { client, emulator } = world.stack
    const ref = { namespace: 'trackdechets-frontend', name: 'frontend-secrets' }
    const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
    const tier = world.stack.model.tiers.find(({ name }) => name === 'frontend') as TierModel
    const remote = tier.remoteSecrets.find(({ optional }) => !optional) as RemoteSecretModel
    const { region } = world.stack.model
    const found = await findSecret(account, { region, projectId: tier.projectId }, remote)
    await scalewayRequest(account, { method: 'DELETE', path: `${secretsPath(region)}/${found?.id}` })
    const refused = await cli('deploy', '--yes')
    expect(refused.stderr).toMatch(/\(REMOTE_(ABSENT|DELETED)\)$/m)
    expect([refused.exitCode, refused.stdout]).toEqual([3, ''])
    const { exitCode, stdout, stderr } = await cliWith(withoutAccount, 'deploy', '--yes', '--timeout', '1h')
    expect(stderr).toMatch(/^\/trackdechets-frontend\/\S+: .*\(REMOTE_DELETED\)$/ms)
    expect(stdout).toMatch(/^frontend +frontend-secrets +required .* failed$/m)
    expect(exitCode).toBe(3)
    await seedSecret({ account, organizationId: emulator.owner.organizationId, model: world.stack.model }, tier, remote)
    const mended = await cli('deploy', '--yes', '--timeout', '1h')
    expect(mended.stderr).toMatch(/^every required secret has arrived$/m)
    expect(mended.exitCode).toBe(0)
    expect(await client.get(kinds.secret, ref)).toBeDefined()
  })
})
