import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { kubeconfigText, writePrivate } from '../../scripts/local/stack/access-files.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import { startOperator } from '../../scripts/local/stack/start-operator.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { applicationWith } from '../helpers/applications.ts'
import { find, helm3, helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools } from '../helpers/local-stack.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
import { type AnyObject, type Release, releaseOf, startAdmissionControlPlane, untilJudged } from './admission-world.ts'
import { forceRefresh } from './refresh.ts'

/*
 * The operator with the rights of its own chart, and with these but for the right to create ExternalSecrets, which it
 * needs only for kinds of the cluster. Each Helm installs and uninstalls while it runs: one beside each set of rights, since
 * what the operator asks for does not depend on who installed.
 */

const application = applicationWith({ secrets: [{ tier: 'api' }, { tier: 'web' }] })
const user = 'system:serviceaccount:external-secrets:external-secrets'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

const operatorRules = (
  await operatorManifests(await operatorChart()).then((manifests) =>
    find(manifests, 'ClusterRole', 'external-secrets-controller'),
  )
).rules as readonly Rule[]
const mayCreate = ({ resources, verbs }: Rule) => resources.includes('externalsecrets') && verbs.includes('create')

describe.each([
  { title: "Helm 4, rights of the operator's chart", helm: helm4, rules: operatorRules },
  { title: 'Helm 3, no right to create', helm: helm3, rules: operatorRules.filter((rule) => !mayCreate(rule)) },
])('$title', ({ helm, rules }) => {
  const cleanup = new Cleanup()
  let admin: KubernetesClient
  let operator: RunningProcess
  let release: Release
  let apiUrl: string

  beforeAll(async () => {
    const controlPlane = cleanup.use(await startAdmissionControlPlane())
    admin = createClient(controlPlane)
    cleanup.defer(async () => admin[Symbol.dispose]())
    const metadata = { name: 'operator' }
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' }
    const subjects = [{ kind: 'ServiceAccount', namespace: 'external-secrets', name: 'external-secrets' }]
    await admin.create(kinds.clusterRole, { metadata, rules } as AnyObject)
    await admin.create(kinds.clusterRoleBinding, { metadata, roleRef, subjects } as AnyObject)

    const kubeconfig = JSON.parse(kubeconfigText({ context: 'operator', ...controlPlane }))
    kubeconfig.users[0].user.as = user
    const kubeconfigPath = join(controlPlane.folder, 'operator-kubeconfig')
    await writePrivate(kubeconfigPath, JSON.stringify(kubeconfig))
    const binary = (await localTools()).operator
    operator = cleanup.use(await startOperator({ binary, controlPlane: { ...controlPlane, kubeconfigPath } }))

    const emulator = cleanup.use(await startEmulator())
    apiUrl = emulator.url
    release = await releaseOf(controlPlane, application, 'dev')
    const { model } = release
    const account = { apiUrl, secretKey: emulator.owner.secretKey }
    const keys = await seedAccount({ account, organizationId: emulator.owner.organizationId, model })
    await writeTierCredentials(admin, model, keys)
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const install = async () => {
    expect(await release.upgrade(helm, '--set-string', `scaleway.apiUrl=${apiUrl}`)).toMatchObject({ exitCode: 0 })
    await untilJudged(admin, release.model)
  }
  const sync = async () =>
    (await waitForSync(admin, externalSecretRefs(release.model), { timeoutMs: 60_000 })).map(({ state }) => state)
  const api = { namespace: 'shop-api', name: 'api-secrets' }

  test('the operator delivers, forgets and delivers again what the policies judge', async () => {
    expect(rules.some(mayCreate)).toBe(rules.length === operatorRules.length)
    await install()
    expect(await sync()).toEqual(['synced', 'synced'])

    // With the policies at work from the beginning: its finalizer is added, and removed.
    await admin.delete(kinds.externalSecret, api)
    await eventually(
      async () => [await admin.get(kinds.externalSecret, api), await admin.get(kinds.secret, api)],
      (left) => left.every((object) => object === undefined),
      { timeoutMs: 60_000 },
    )
    await install()
    expect(await sync()).toEqual(['synced', 'synced'])
    const created = await admin.get(kinds.externalSecret, api)
    expect(created?.metadata.finalizers).toEqual(['externalsecrets.external-secrets.io/externalsecret-cleanup'])

    await admin.delete(kinds.secret, api)
    await forceRefresh(admin, api)
    await eventually(
      () => admin.get(kinds.secret, api),
      (secret) => secret !== undefined,
      { timeoutMs: 60_000 },
    )
    const log = await readFile(operator.logFile, 'utf8')
    expect(log.split('\n').filter((line) => /denied request|forbidden/.test(line))).toEqual([])
  })

  test('an uninstallation hangs on nothing, and one may install again', async () => {
    expect(await release.uninstall(helm)).toMatchObject({ exitCode: 0 })
    await eventually(
      async () => (await admin.list(kinds.externalSecret)).items.map(({ metadata }) => metadata.name),
      (left) => left.length === 0,
      { timeoutMs: 60_000 },
    )
    await install()
    expect(await sync()).toEqual(['synced', 'synced'])
  })
})
