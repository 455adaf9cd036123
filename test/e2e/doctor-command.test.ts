import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCredentials } from '../../scripts/cluster/credentials-secret.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import type { FaultSpec } from '../../scripts/local/emulator/admin/faults.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { secretsPath } from '../../scripts/scaleway/secrets.ts'
import { compiledCli } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { adoptBookshop, type Repository, userFolder } from '../helpers/repository.ts'
import { tokenOf } from '../helpers/service-account.ts'
import type { AnyObject } from './admission-world.ts'
import { type DoctorWorld, forbid, startDoctorWorld } from './doctor-world.ts'

let here: DoctorWorld
let repository: Repository
let orders: TierModel
let mailer: TierModel
let justDeployed: RunResult
const runs: RunResult[] = []

beforeAll(async () => {
  ;[here, repository] = await Promise.all([startDoctorWorld(), adoptedRepository()])
  ;[orders, mailer] = [here.tier('orders'), here.tier('mailer')]
  await here.world.install()
  justDeployed = await doctor()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

async function adoptedRepository(): Promise<Repository> {
  const copy = await userFolder()
  await adoptBookshop(copy)
  await copy.edit(
    'scripts/environments.ts',
    "refreshInterval: '10m',",
    "refreshInterval: '10m',\n    without: ['admission'],",
  )
  expect(await copy.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  return copy
}

const account = () => ({
  SCW_SECRET_KEY: here.owner.secretKey,
  SCW_DEFAULT_ORGANIZATION_ID: here.owner.organizationId,
})

interface DoctorRun {
  readonly args?: readonly string[]
  /** Over what the command line needs to find the stack; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Of Node itself. */
  readonly node?: readonly string[]
}

/** `npm run doctor -- --environment preview`, without npm. */
async function doctor({ args = [], env = {}, node }: DoctorRun = {}): Promise<RunResult> {
  const { controlPlane } = here.world.stack
  const own = { KUBECONFIG: controlPlane.kubeconfigPath, SCW_API_URL: here.owner.apiUrl, ...account(), ...env }
  const line = ['doctor', '--environment', 'preview', ...args]
  const where = { cwd: repository.folder, env: own }
  const result = node
    ? await tryRun(process.execPath, [...node, compiledCli, ...line], where)
    : await hostedCli(line, where)
  runs.push(result)
  return result
}

const codesOf = ({ stdout }: RunResult) => [...stdout.matchAll(/^ {2}\(([A-Z_]+)\)$/gm)].map(([, code]) => code)

/** Does something while a required remote secret of the tier has another name. */
async function whileRenamed<T>(name: string, act: () => Promise<T>): Promise<T> {
  const path = `${secretsPath(here.model.region)}/${await here.idOf(orders, 'stock-db')}`
  const rename = (to: string) => scalewayRequest(here.owner, { method: 'PATCH', path, body: { name: to } })
  await rename(name)
  return act().finally(() => rename('stock-db'))
}

async function kubeconfig(change: { readonly server?: string; readonly token?: string }): Promise<string> {
  const path = join(await temporaryFolder(), 'kubeconfig')
  const { controlPlane } = here.world.stack
  await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, ...change }), {
    mode: 0o600,
  })
  return path
}

describe('npm run doctor', () => {
  test('finds no cause just after a deployment, and says where to look again', () => {
    expect([justDeployed.exitCode, codesOf(justDeployed)]).toEqual([0, []])
    expect(justDeployed.stderr).not.toMatch(/bug of|fix:/)
  })

  test('finds no cause in an environment at work, and says nothing else', async () => {
    expect(await doctor()).toEqual({
      exitCode: 0,
      stdout: 'no cause found: everything that was checked is as it should be',
      stderr: '',
    })
    const { stdout } = await doctor({ args: ['--output', 'json'] })
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      application: 'bookshop',
      environment: 'preview',
      causes: [],
      unexamined: [],
    })
  })

  test('in the cluster of another environment tells that alone', async () => {
    const { controlPlane } = here.world.stack
    const env = { KUBECONFIG: controlPlane.kubeconfigPath, SCW_API_URL: here.owner.apiUrl, ...account() }
    const result = await repository.cli(['doctor', '--environment', 'rehearsal'], env)
    runs.push(result)
    expect(codesOf(result)).toEqual(['ENVIRONMENT_DIFFERS'])
    expect(result.stdout).toContain(
      'runs environment "preview" of bookshop. Expected environment "rehearsal", or none.',
    )
    expect(result.exitCode).toBe(3)
  })

  test('status tells the same, and gives no advice about what then differs', async () => {
    const { controlPlane } = here.world.stack
    const env = { KUBECONFIG: controlPlane.kubeconfigPath, SCW_API_URL: here.owner.apiUrl, ...account() }
    const result = await repository.cli(['status', '--environment', 'rehearsal', '--output', 'json'], env)
    runs.push(result)
    const { secrets, problems } = JSON.parse(result.stdout)
    const [told, ...others] = problems.filter(({ where }: { where: string }) => !where.startsWith('/'))
    expect([result.exitCode, told, others]).toEqual([
      3,
      {
        code: 'ENVIRONMENT_DIFFERS',
        where: 'the cluster',
        message: 'runs environment "preview" of bookshop. Expected environment "rehearsal", or none.',
        fix: expect.stringMatching(/^`npm run status -- --environment preview` looks at that one\./),
        severity: 'error',
      },
      [],
    ])
    expect(new Set(secrets.map(({ state }: { state: string }) => state))).toEqual(new Set(['ENVIRONMENT_DIFFERS']))
    expect(result.stdout + result.stderr).not.toContain('run deploy')
  })

  test('tells independent causes together, for people and for machines, and exits with 3', async () => {
    await writeCredentials(here.client, mailer, keyOf('orders'))
    const [text, json] = await whileRenamed('Stock-DB', async () => {
      await here.fails(orders)
      await here.fails(mailer)
      return [await doctor(), await doctor({ args: ['--output', 'json'] })] as const
    }).finally(() => writeCredentials(here.client, mailer, keyOf('mailer')))
    await here.syncs(orders)
    await here.syncs(mailer)
    expect([text.exitCode, text.stderr, codesOf(text)]).toEqual([3, '', ['KEY_OF_OTHER_TIER', 'REMOTE_NAME_DIFFERS']])
    expect(text.stdout).toMatch(
      /^\/bookshop-orders\/stock-db: does not exist; the folder has "Stock-DB"\. .*\n {2}seen: Scaleway GET .* \(request \S+\)\n {2}seen: Scaleway lists .*\n {2}seen: event of ExternalSecret\/bookshop-orders\/orders-secrets at .*, err: Secret does not exist\n {2}seen: the operator tries again .*\n {2}about: catalogue "STOCK_DB" \(orders\), owner Book team\n {2}fix: `scw secret secret update /m,
    )
    const { causes } = JSON.parse(json.stdout)
    expect(causes).toMatchObject([{ code: 'KEY_OF_OTHER_TIER', severity: 'error' }, { code: 'REMOTE_NAME_DIFFERS' }])
    expect(Object.keys(causes[1])).toEqual(['code', 'severity', 'where', 'message', 'evidence', 'fix', 'entries'])
    expect(causes[1].entries).toEqual([{ tier: 'orders', variable: 'STOCK_DB', owner: 'Book team' }])
    expect(json.exitCode).toBe(3)
  })

  test('only reads, in the cluster and in Scaleway', async () => {
    const { client, world } = here
    const versions = async () => {
      const seen = [
        kinds.secret,
        kinds.externalSecret,
        kinds.secretStore,
        kinds.configMap,
        kinds.lease,
        kinds.namespace,
      ]
      const places = here.model.tiers.flatMap(({ namespace }) => seen.map((kind) => ({ kind, namespace })))
      const lists = await Promise.all(places.map(({ kind, ...place }) => client.list<KubernetesObject>(kind, place)))
      return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`))
    }
    await whileRenamed('gone', async () => {
      const before = await versions()
      expect(before.length).toBeGreaterThan(10)
      world.stack.emulator.resetRequests()
      expect(await doctor()).toMatchObject({ exitCode: 3 })
      expect(await versions()).toEqual(before)
      const { entries } = world.stack.emulator.requests()
      expect(entries.length).toBeGreaterThan(10)
      expect(entries.filter(({ method }) => method !== 'GET')).toEqual([])
    })
  })

  test('reads no value where nothing is suspected, but for one of each tier as a proof', async () => {
    here.world.stack.emulator.resetRequests()
    await doctor()
    const { entries } = here.world.stack.emulator.requests()
    const values = entries.filter(({ route }) => route.startsWith('versions.access'))
    expect(values).toHaveLength(here.model.tiers.length)
  })

  test('asks the API server for what the chart renders, where that is not in the cluster', async () => {
    const ref = here.externalSecret(mailer)
    await here.client.delete(kinds.externalSecret, ref)
    const absent = await doctor()
    const allow = await forbid(here.client, {
      name: 'no-letters',
      resource: 'externalsecrets.external-secrets.io',
      operation: 'CREATE',
      except: "object.metadata.namespace != 'bookshop-mailer'",
      message: 'ask the platform team',
    })
    const refused = await eventually(doctor, (run) => codesOf(run).includes('ADMISSION_REFUSES'), {
      timeoutMs: 60_000,
    }).finally(allow)
    expect([codesOf(absent), absent.stderr]).toEqual([['NOT_DEPLOYED'], ''])
    expect(codesOf(refused)).toEqual(['ADMISSION_REFUSES'])
    expect(refused.stdout).toContain('denied request: ask the platform team')
    await eventually(doctor, (run) => codesOf(run)[0] === 'NOT_DEPLOYED', { timeoutMs: 60_000 })
    await here.world.install()
    await here.world.sync()
  })

  test('says that the clock of this machine is off, by how much and against which others', async () => {
    const shift = (ms: number) => {
      const source = `const Real = Date; globalThis.Date = class extends Real { constructor(...given) { given.length ? super(...given) : super(Real.now() + ${ms}) } static now() { return Real.now() + ${ms} } }`
      return ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
    }
    const ahead = await doctor({ node: shift(300_000) })
    expect([ahead.exitCode, codesOf(ahead)]).toEqual([3, ['CLOCK_DIFFERS']])
    expect(ahead.stdout).toMatch(
      /^the clock of this machine: is (299 s|4 min) ahead of the API server of the cluster, and (299 s|4 min) ahead of Scaleway\./,
    )
    expect(ahead.stdout).toMatch(/fix: `timedatectl set-ntp true`/)
    const behind = await doctor({ node: shift(-90_000) })
    expect(behind.stdout).toMatch(/is \d+ s behind the API server of the cluster, and \d+ s behind Scaleway\./)
    expect(codesOf(await doctor({ node: shift(10_000) }))).toEqual([])
  })
})

const keyOf = (name: string) => here.world.stack.keys.get(name) ?? { accessKey: '', secretKey: '' }

describe('with less than all rights', () => {
  test('an account that Scaleway does not know is reported, with exit code 4; what the keys of the tiers see is reported all the same', async () => {
    const env = { SCW_SECRET_KEY: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }
    const run = await whileRenamed('Stock-DB', () => doctor({ env }))
    const { exitCode, stderr } = run
    expect([exitCode, codesOf(run)]).toEqual([4, ['REMOTE_NAME_DIFFERS']])
    expect(stderr).toMatch(
      /^Scaleway GET \S+: answers 401 denied_authentication \(request \S+\)\..*\n {2}fix: .*\n {2}\(SCALEWAY_REFUSED\)$/m,
    )
    expect(stderr).toMatch(/^not checked: what only your own account can see; it was refused: /m)
    expect(stderr).not.toContain('0b8cc93b')
  })

  test('without any account the keys of the tiers do', async () => {
    const env = { SCW_SECRET_KEY: undefined, SCW_DEFAULT_ORGANIZATION_ID: undefined }
    const run = await whileRenamed('Stock-DB', () => doctor({ env }))
    const told = 'not checked: what only your own account can see: IAM, other regions, other projects'
    expect([run.exitCode, codesOf(run), run.stderr]).toEqual([3, ['REMOTE_NAME_DIFFERS'], told])
  })

  test('somebody who may see stores, ExternalSecrets and events alone learns what these tell, and what was not checked', async () => {
    const { client, world } = here
    const metadata = { name: 'onlooker' }
    const verbs = ['get', 'list', 'watch']
    const role: AnyObject & { rules: object[] } = {
      metadata,
      rules: [
        { apiGroups: ['external-secrets.io'], resources: ['externalsecrets', 'secretstores'], verbs },
        { apiGroups: [''], resources: ['events'], verbs },
      ],
    }
    await client.create(kinds.clusterRole, role)
    await client.create(kinds.serviceAccount, { metadata: { ...metadata, namespace: orders.namespace } })
    await client.create(kinds.clusterRoleBinding, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata },
      subjects: [{ kind: 'ServiceAccount', namespace: orders.namespace, ...metadata }],
    } as KubernetesObject)
    const KUBECONFIG = await kubeconfig({ token: await tokenOf(client, orders.namespace, metadata.name) })
    const fault = world.stack.emulator.faults.add({ kind: 'expired_key', principal: keyOf('orders').accessKey })
    await here.fails(orders)
    const alone = await doctor({ env: { KUBECONFIG, SCW_SECRET_KEY: undefined } })
    world.stack.emulator.faults.clear(fault.id)
    expect([alone.exitCode, codesOf(alone)]).toEqual([3, ['KEY_EXPIRED']])
    expect(alone.stdout).toMatch(
      /^ExternalSecret\/bookshop-orders\/orders-secrets: fails; the operator says: .*API key is expired\./,
    )
    expect(alone.stderr).toMatch(
      /^not checked: you may not read Secret scw-orders-credentials in namespace bookshop-orders$/m,
    )
    expect(alone.stderr).toMatch(/^not checked: you may not list Deployments of all namespaces$/m)
    expect(alone.stderr).toMatch(/^not checked: no account may read the remote secrets of tier "orders"$/m)

    const withAccount = await whileRenamed('Stock-DB', () => doctor({ env: { KUBECONFIG } }))
    await here.syncs(orders)
    expect([withAccount.exitCode, codesOf(withAccount)]).toEqual([3, ['REMOTE_NAME_DIFFERS']])
  })

  test('another kube context than that of the environment is refused, as everywhere', async () => {
    const KUBECONFIG = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(KUBECONFIG, kubeconfigText({ context: 'elsewhere', ...here.world.stack.controlPlane }))
    const { exitCode, stdout, stderr } = await doctor({ env: { KUBECONFIG } })
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toContain('(KUBE_CONTEXT_DIFFERS)')
  })
})

describe('a cluster or a Scaleway that can not be asked', () => {
  const nowhere = 'https://127.0.0.1:1'

  test('a cluster out of reach is a cause, and Scaleway is checked all the same', async () => {
    const env = { KUBECONFIG: await kubeconfig({ server: nowhere }) }
    const run = await whileRenamed('Stock-DB', () => doctor({ env }))
    expect([run.exitCode, codesOf(run)]).toEqual([3, ['CLUSTER_UNREACHABLE', 'REMOTE_NAME_DIFFERS']])
    expect(run.stdout).toMatch(/^https:\/\/127\.0\.0\.1:1: the cluster can't be reached: ECONNREFUSED\./)
  })

  test('a cluster that refuses the login is exit code 4', async () => {
    const run = await doctor({ env: { KUBECONFIG: await kubeconfig({ token: 'nobodys' }) } })
    expect([run.exitCode, codesOf(run)]).toEqual([4, ['CLUSTER_REFUSED']])
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/nobodys|bug of/)
  })

  test('when neither can be asked, that is exit code 4', async () => {
    const env = { KUBECONFIG: await kubeconfig({ server: nowhere }), SCW_API_URL: 'http://127.0.0.1:1' }
    const run = await doctor({ env })
    expect([run.exitCode, codesOf(run)]).toEqual([4, ['CLUSTER_UNREACHABLE', 'SCALEWAY_UNREACHABLE']])
  })

  const faults: readonly [string, FaultSpec, string, RegExp][] = [
    ['breaks every connection', { kind: 'reset' }, 'SCALEWAY_UNREACHABLE', /^does not answer\./],
    ['answers 429', { kind: 'too_many_requests', retryAfterSeconds: 1 }, 'SCALEWAY_BUSY', /^refuses with 429,/],
    ['answers 500', { kind: 'internal_error' }, 'SCALEWAY_BROKEN', /^fails with a server error \(5xx\)\./],
  ]
  test.each(faults)('a Scaleway that %s is reported, to us and to the operator', async (_, fault, code, message) => {
    const { emulator } = here.world.stack
    emulator.faults.add(fault)
    await here.fails(mailer)
    const cause = await here.cause().finally(() => emulator.faults.clear())
    expect(cause).toMatchObject({
      code,
      where: `Scaleway (${new URL(here.owner.apiUrl).host})`,
      message: expect.stringMatching(message),
      explains: [{ ref: here.externalSecret(mailer) }],
    })
    expect(cause.evidence[0]).toMatch(/^Scaleway GET /)
    // The operator waits for its next try, and what it met is all there is to go by.
    const afterwards = await here.cause()
    expect(afterwards).toMatchObject({ code, where: 'Scaleway, as the operator sees it' })
    expect(afterwards.evidence.join('\n')).toMatch(/^event of ExternalSecret\/bookshop-mailer\/mailer-secrets at /m)
    await here.syncs(mailer)
    await here.healthy()
  })

  test('a Scaleway that is slow throughout is reported with its fastest answer; one slow answer is nothing', async () => {
    const { emulator } = here.world.stack
    emulator.faults.add({ kind: 'latency', delayMs: 3_200 })
    const cause = await here.cause().finally(() => emulator.faults.clear())
    expect(cause).toMatchObject({ code: 'SCALEWAY_SLOW', fix: expect.stringMatching(/^`curl .*`/) })
    expect(cause.message).toMatch(/^is slow: the fastest of \d+ responses took 3\.\d s\. Expected less than 3 s;/)
    emulator.faults.add({ kind: 'latency', delayMs: 3_200, count: 1 })
    await here.healthy()
  })
})

test('no value and no key is in anything that was shown', () => {
  const told = runs.map(({ stdout, stderr }) => `${stdout}\n${stderr}`)
  expect(told.length).toBeGreaterThan(15)
  expect(here.leaked([], told)).toEqual([])
})
