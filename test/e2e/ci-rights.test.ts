import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { pipelineRights } from '../../scripts/cluster/pipeline-rights.ts'
import { planDeployment } from '../../scripts/inspect/plan/deployment.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { clusterProblem } from '../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kindOf, kinds } from '../../scripts/kubernetes/kinds.ts'
import { mapConcurrently } from '../../scripts/lib/concurrent.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import type { ProblemError } from '../../scripts/lib/problems.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import { pipelineIamPlan } from '../../scripts/model/iam.ts'
import type { RbacRule } from '../../scripts/model/rbac.ts'
import type { Application } from '../../scripts/model/types.ts'
import { createApiKey, createApplication, createPolicy } from '../../scripts/scaleway/iam.ts'
import { localContext } from '../../scripts/session/local-context.ts'
import { policyRule } from '../emulator/iam-account.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { type AuditedRequest, type AuditLog, auditLog } from '../helpers/audit-log.ts'
import { adoptApplication, folderWith, type Repository } from '../helpers/repository.ts'
import { tokenOf } from '../helpers/service-account.ts'
import { type OwnedWorld, ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

/*
 * A pipeline with exactly the rights that `rbac` and `iam --for ci` print, from the first deployment to one that removes a
 * tier; and what each command says when one of them is missing.
 */

const tier = (name: string) => ({
  description: `What ${name} needs`,
  workloads: { [name]: { kind: 'Deployment' as const, port: 8080 } },
  quota: { pods: '10' },
  containerDefaults: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
})
const secrets = [{ variable: 'TOKEN' }, { tier: 'web', variable: 'ORIGIN' }] as const
const anna = { kind: 'User', name: 'anna' } as const
const spec = environment({ access: { api: { viewers: [anna], operators: [anna] } } })
const shop = applicationWith({ tiers: { api: tier('api'), web: tier('web') }, secrets, environments: { dev: spec } })

/** The same without a tier, and without what protects the other: everything of every kind goes. */
const smaller = applicationWith({
  tiers: { api: { description: 'What api needs', workloads: {} } },
  secrets: [],
  environments: { dev: { ...environment(), without: ['admission', 'rbac', 'network-policies'] } },
})

let world: World
let owned: OwnedWorld
let admin: KubernetesClient
let audit: AuditLog
let repository: Repository
let folder: string
let scalewayKey: string
let ciRights: readonly KubernetesObject[]

beforeAll(async () => {
  audit = await auditLog([`system:serviceaccounts:${pipelines}`])
  ;[world, repository, folder] = await Promise.all([
    startWorld({ application: shop, environment: 'dev', apiServer: audit.flags }),
    folderWith(shop),
    mkdtemp(join(tmpdir(), 'ts-ci-rights-')),
  ])
  owned = ownedWorld(world)
  admin = world.stack.client
  expect(await repository.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  scalewayKey = await keyWith(pipelineIamPlan(owned.model).tiers.flatMap(({ rules }) => rules.map(policyRule)))
  ciRights = await printed('--for', 'ci')
  for (const rights of [ciRights, await printed('--for', 'plan')]) await applyAll(rights)
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  await audit?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('before the first deployment', () => {
  test('who deploys plans it whole', async () => {
    const run = await as('ci', 'plan', '--output', 'json')
    expect([run.stderr, run.exitCode]).toEqual(['', 0])
    expect(addedIn(run)).toEqual(
      addedIn(await repository.cli(['plan', '--environment', 'dev', '--output', 'json'], owned.env)),
    )
  })

  test('who only looks is told that the API server was not asked', async () => {
    const run = await as('plan', 'plan', '--output', 'json')
    expect(run.stderr).toMatch(
      /^warning: the cluster: you may not make a dry run in it\. So \d+ objects .*\n.*\n {2}\(PLAN_UNTRIED\)$/,
    )
    expect(run.exitCode).toBe(0)
    expect(addedIn(run)).toEqual(addedIn(await as('ci', 'plan', '--output', 'json')))
  })

  test('without one of its rights, plan names it, and the command that prints all of them', async () => {
    const { stdout } = await repository.cli(['render', '--environment', 'dev'])
    // One tier is enough.
    const manifests = parseManifests(stdout, 'render').filter(({ metadata }) => metadata.namespace !== 'shop-web')
    const said = await mapConcurrently([...everyRule().entries()], 3, async ([index, { place, rule }]) => {
      const account = `without-${index}`
      await giveAllBut(account, place, rule)
      using client = clientOf(account)
      const plan = await planDeployment({ client, account: undefined, model: owned.model, manifests }).then(
        ({ problems }) => problems,
        (error: unknown) => (clusterProblem(error) as ProblemError).problems,
      )
      const [first] = plan
      if (first) expect(first.fix).toContain('`npm run rbac -- --environment <name> --for ci`')
      const [, verb = '', resource = ''] = /cannot (\w+) resource "([\w.]+)"/.exec(first?.message ?? '') ?? []
      if (verb !== '') expect([rule.verbs, rule.resources]).toEqual([arrayContaining(verb), arrayContaining(resource)])
      return `${place} ${rule.verbs.join()} ${rule.resources.join()}: ${[...new Set(plan.map(({ code }) => code))].join()}`
    })
    expect(said).toEqual([
      'cluster get,list namespaces: CLUSTER_REFUSED',
      'cluster get,list validatingadmissionpolicies,validatingadmissionpolicybindings: CLUSTER_REFUSED',
      'cluster get secrets: PLAN_REFUSED',
      'cluster update,patch namespaces: PLAN_REFUSED',
      'cluster create,update,patch,delete validatingadmissionpolicies: PLAN_REFUSED',
      'cluster create,update,patch,delete validatingadmissionpolicybindings: PLAN_REFUSED',
      'tiers get secretstores,externalsecrets: CLUSTER_REFUSED',
      'tiers get serviceaccounts,resourcequotas,limitranges: CLUSTER_REFUSED',
      'tiers get roles,rolebindings: CLUSTER_REFUSED',
      'tiers get networkpolicies: CLUSTER_REFUSED',
      'tiers list secretstores,externalsecrets: CLUSTER_REFUSED',
      'tiers list sealedsecrets: CLUSTER_REFUSED',
      'tiers list serviceaccounts,resourcequotas,limitranges: CLUSTER_REFUSED',
      'tiers list roles,rolebindings: CLUSTER_REFUSED',
      'tiers list networkpolicies: CLUSTER_REFUSED',
      // It may not give away what it lacks.
      'tiers watch externalsecrets: PLAN_REFUSED',
      'tiers list,watch events: PLAN_REFUSED',
      'tiers list deployments,statefulsets,daemonsets,replicasets: READERS_UNSEEN',
      'tiers list jobs,cronjobs: READERS_UNSEEN',
      'tiers list pods: READERS_UNSEEN',
      // Where the cluster has none, nothing is missed.
      'tiers list rollouts: ',
      'tiers list ingresses: ',
      'tiers list gateways: ',
      'tiers watch secretstores: PLAN_REFUSED',
      'tiers get events: PLAN_REFUSED',
      'tiers get,list,watch events: PLAN_REFUSED',
      'tiers create,update,patch,delete secretstores,externalsecrets: PLAN_REFUSED',
      'tiers create,update,patch,delete serviceaccounts,resourcequotas,limitranges: PLAN_REFUSED',
      'tiers create,update,patch,delete roles,rolebindings: PLAN_REFUSED',
      'tiers create,update,patch,delete networkpolicies: PLAN_REFUSED',
      'release get,list secrets: CLUSTER_REFUSED',
      'release create,update,patch,delete secrets: PLAN_REFUSED',
    ])
  })
})

describe('a pipeline', () => {
  test('deploys into namespaces that an administrator has made, and waits', async () => {
    const deployed = await as('ci', 'deploy', '--yes')
    expect([deployed.stderr, deployed.exitCode]).toEqual([
      expect.stringContaining('every required secret has arrived'),
      0,
    ])
    expect(codesIn(deployed.stderr)).toEqual(['TARGET_UNREADABLE'])
    expect(deployed.stderr).not.toMatch(/not (compared|refreshed)/)
    for (const role of ['ci', 'plan']) expect(await as(role, 'wait')).toMatchObject({ exitCode: 0 })
  })

  test('sees that all agrees, and the one who only looks sees less and says so', async () => {
    for (const [role, isWhole] of [
      ['ci', true],
      ['plan', false],
    ] as const) {
      const { stdout, stderr, exitCode } = await as(role, 'status')
      expect([exitCode, stdout.match(/synced/g)?.length]).toEqual([0, 2])
      expect(codesIn(stderr)).toEqual(['CONSUMER_ABSENT', 'UNREADABLE'])
      expect(stderr.includes('not checked: you may not make a dry run of changes to roles in namespace shop-api')).toBe(
        !isWhole,
      )
    }
    expect(await as('ci', 'doctor')).toMatchObject({ exitCode: 0 })
    expect(await as('plan', 'doctor')).toMatchObject({ exitCode: 0 })
  })

  test('plans nothing when nothing has changed, and each change when something has, for every identity', async () => {
    for (const role of ['ci', 'plan'])
      expect(addedIn(await as(role, 'plan', '--output', 'json')).filter((one) => !one.startsWith('none'))).toEqual([])
    await change({ ...shop, environments: { dev: { ...spec, refreshInterval: '2h' } } })
    const seen = await Promise.all(['ci', 'plan'].map((role) => as(role, 'plan', '--output', 'json')))
    await change(shop)
    const changes = seen.map(({ stdout }) =>
      (JSON.parse(stdout) as Planned).objects.filter(({ action }) => action !== 'none'),
    )
    expect(changes[0]?.map(({ kind }) => kind)).toEqual(['ExternalSecret', 'ExternalSecret'])
    expect(changes[1]?.map(({ fields }) => fields)).toEqual(changes[0]?.map(({ fields }) => fields))
  })

  test('reads no Secret of a tier', async () => {
    for (const role of ['ci', 'plan']) {
      using client = clientOf(role)
      for (const { namespace } of owned.model.tiers) {
        const { items } = await admin.list(kinds.secret, { namespace })
        expect(items.length).toBeGreaterThanOrEqual(2)
        for (const { metadata } of items)
          await expect(client.get(kinds.secret, { namespace, name: metadata.name })).rejects.toMatchObject({
            status: 403,
          })
        await expect(client.list(kinds.secret, { namespace })).rejects.toMatchObject({ status: 403 })
      }
      await expect(client.list(kinds.secret)).rejects.toMatchObject({ status: 403 })
    }
  })

  test('is told which right in Scaleway is missing', async () => {
    const values = await as('ci', 'status', '--formats')
    expect([values.stderr, values.exitCode]).toEqual([expect.stringContaining('SecretManagerSecretAccess'), 4])
    const [first, second] = await Promise.all([keyWith([]), keyWith(oneFolder())])
    for (const key of [first, second]) {
      const { stderr, exitCode } = await as('ci', 'plan', { SCW_SECRET_KEY: key })
      expect([stderr, exitCode]).toEqual([expect.stringContaining('`npm run iam -- --environment <name> --for ci`'), 4])
    }
  })

  test('removes a tier and all protections', async () => {
    await change(smaller)
    const { requests } = JSON.parse((await as('ci', 'plan', '--output', 'json')).stdout)
    // Two stores and two secrets, each read every hour, of which one store is left.
    expect(requests).toEqual({ before: 2 * 288 + 2 * 3 * 24, after: 288 })
    const deployed = await as('ci', 'deploy', '--yes', '--accept-removals')
    expect([deployed.stderr, deployed.exitCode]).toEqual([
      expect.stringContaining('every required secret has arrived'),
      0,
    ])
    expect((await admin.list(kinds.secretStore)).items.map(({ metadata }) => metadata.name)).toEqual([
      'api-secretstore',
    ])
    expect((await admin.list(kinds.validatingAdmissionPolicy)).items).toEqual([])
  })

  test('has used every right that is printed, but for those it only has to have in order to give them', async () => {
    const used = usedIn(await audit.read())
    const atoms = everyRule().flatMap(({ place, rule }) => atomsOf(place, rule))
    expect(atoms.filter((atom) => !used.has(atom))).toEqual([
      'cluster get /secrets *',
      'tiers watch external-secrets.io/secretstores ',
      'tiers get /events ',
      ...['get', 'list', 'watch'].map((verb) => `tiers ${verb} events.k8s.io/events `),
    ])
  })
})

// --- internal ---

const pipelines = 'shop-pipelines'

/** Each once. */
function codesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/^ {2}\(([A-Z_]+)\)$/gm)].map(([, code = '']) => code))].sort()
}

async function printed(...args: readonly string[]): Promise<readonly KubernetesObject[]> {
  const { stdout, stderr, exitCode } = await repository.cli(['rbac', '--environment', 'dev', ...args])
  expect([stderr, exitCode]).toEqual(['', 0])
  return parseYamlDocuments(stdout, 'rbac') as KubernetesObject[]
}

type Where = 'cluster' | 'tiers' | 'release'

function everyRule(): { readonly place: Where; readonly rule: RbacRule }[] {
  return Object.entries(pipelineRights(owned.model, 'ci')).flatMap(([place, rules]) =>
    (rules as readonly RbacRule[]).map((rule) => ({ place: place as Where, rule })),
  )
}

/** The rights that are printed, for another subject, but for one rule. */
async function giveAllBut(account: string, place: Where, { why: _, ...lacking }: RbacRule): Promise<void> {
  const name = { cluster: 'ClusterRole/shop-ci', tiers: 'ClusterRole/shop-ci-tiers', release: 'Role/shop-ci' }[place]
  let taken = 0
  const own = ciRights.flatMap((object): KubernetesObject[] => {
    const { rules, roleRef, metadata } = object as Rights
    if (!rules && !roleRef) return []
    const isIts = `${object.kind}/${metadata.name}` === name
    const kept = rules?.filter((rule) => !(isIts && isDeepStrictEqual(rule, lacking)))
    taken += (rules?.length ?? 0) - (kept?.length ?? 0)
    const renamed = { ...object, metadata: { ...metadata, name: `${metadata.name}-${account}` } }
    const subjects = [{ kind: 'ServiceAccount', namespace: pipelines, name: account }]
    const bound = roleRef && { roleRef: { ...roleRef, name: `${roleRef.name}-${account}` }, subjects }
    return [{ ...renamed, ...(bound ?? { rules: kept }) } as KubernetesObject]
  })
  expect(taken, JSON.stringify(lacking)).toBe(1)
  await applyAll(own)
}

interface Rights extends KubernetesObject {
  readonly rules?: readonly object[]
  readonly roleRef?: { readonly name: string }
}

function clientOf(account: string): KubernetesClient {
  const impersonate = `system:serviceaccount:${pipelines}:${account}`
  return createClient({ ...world.stack.controlPlane, skipVerify: false, impersonate })
}

/** Each right by itself: `tiers patch /secrets boundary-shop-api`. */
function atomsOf(place: Where, { apiGroups, resources, resourceNames = [''], verbs }: RbacRule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) => verbs.map((verb) => `${place} ${verb} ${group}/${resource} ${name}`)),
    ),
  )
}

/** What was asked and allowed. A patch that made an object needs the right to create it as well. */
function usedIn(requests: readonly AuditedRequest[]): ReadonlySet<string> {
  const allowed = requests.filter(({ user, status }) => user.endsWith(':ci') && status !== 403)
  return new Set(
    allowed.flatMap(({ verb, group, resource, namespace, name, status }) => {
      const tierOf = owned.model.tiers.some((one) => one.namespace === namespace)
      const isCluster = namespace === undefined || resource === 'namespaces'
      const place = isCluster ? 'cluster' : tierOf ? 'tiers' : 'release'
      const verbs = verb === 'patch' && status === 201 ? ['patch', 'create'] : [verb]
      return verbs.flatMap((one) =>
        ['', ...(name === undefined ? [] : [name])].map((named) => `${place} ${one} ${group}/${resource} ${named}`),
      )
    }),
  )
}

/** The rules of a pipeline, but for the folder of one tier. */
function oneFolder() {
  const inside = `resource.name.startsWith("/shop-web/") || !has(resource.id)`
  return pipelineIamPlan(owned.model).tiers.flatMap(({ rules }) =>
    rules.map((rule) => policyRule({ ...rule, condition: inside })),
  )
}

async function change(application: Application): Promise<void> {
  await adoptApplication(repository, application)
  expect(await repository.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
}

const arrayContaining = (one: string) => expect.arrayContaining([one])

interface Planned {
  readonly objects: readonly {
    readonly action: string
    readonly kind: string
    readonly namespace?: string
    readonly name: string
    readonly fields: readonly string[]
  }[]
}

/** What a plan adds, and leaves as it is: namespaces are there. */
function addedIn({ stdout }: RunResult): string[] {
  const { objects } = JSON.parse(stdout) as Planned
  return objects.map(({ action, kind, namespace = '', name }) => `${action} ${kind}/${namespace}/${name}`)
}

async function applyAll(objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    const kind = kindOf(object)
    if (!kind) throw new Error(`no kind ${object.kind}`)
    await admin.apply(kind, object.metadata, object, { fieldManager: 'kubectl', force: false })
  }
}

/** A key of an application with these rules and no others. */
async function keyWith(rules: Parameters<typeof createPolicy>[2]['rules']): Promise<string> {
  const { owner } = owned
  const { id: applicationId } = await createApplication(owner, owner.organizationId, 'pipeline')
  await createPolicy(owner, owner.organizationId, { name: 'pipeline', applicationId, rules })
  const expiresAt = new Date(Date.now() + 3_600_000)
  return (await createApiKey(owner, applicationId, { description: 'pipeline', expiresAt })).secret_key
}

/** A command as a ServiceAccount of the pipelines, with a Scaleway key of its own. No program is on its PATH: no Go, and no Helm. */
async function as(
  account: string,
  command: string,
  ...given: readonly (string | Record<string, string>)[]
): Promise<RunResult> {
  const args = given.filter((one) => typeof one === 'string')
  const { server, ca } = world.stack.controlPlane
  const token = await tokenOf(admin, pipelines, account)
  const KUBECONFIG = join(folder, `${account}.json`)
  await writeFile(KUBECONFIG, kubeconfigText({ context: localContext, server, ca, token }), { mode: 0o600 })
  const more = given.find((one) => typeof one !== 'string')
  const env = { ...owned.env, KUBECONFIG, SCW_SECRET_KEY: scalewayKey, PATH: folder, ...more }
  return repository.cli([command, '--environment', 'dev', ...args], env)
}
