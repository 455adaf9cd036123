import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { audit } from '../../../../../scripts/inspect/audit/audit.ts'
import { readWorld } from '../../../../../scripts/inspect/audit/world/read-world.ts'
import type { ClusterReader } from '../../../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../../../scripts/kubernetes/errors.ts'
import type { Kind, KubernetesObject } from '../../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../../helpers/applications.ts'
import { executable, temporaryFolder } from '../../../../helpers/folders.ts'
import { problemOf } from '../../../../helpers/problems.ts'
import { toolchainIo } from '../../../../helpers/tools.ts'
import { deployment } from '../audited.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'MAIL_KEY' }] }), 'dev')
const whole = 'envFrom: [{ secretRef: { name: api-secrets } }], env: [{ name: MAIL_KEY, value: "" }]'

async function read(
  files: Readonly<Record<string, string>>,
  given: { manifests?: string[]; code?: string[]; programs?: string; live?: ClusterReader } = {},
) {
  const folder = await temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const { manifests = ['.'], code = [], programs = '/nowhere', live } = given
  const at = (path: string) => path.replace(/^(\w+=@)?(.*)$/, (_, tier = '', own) => `${tier}${join(folder, own)}`)
  const io = { ...toolchainIo, typedIn: folder, env: { PATH: programs, TIERED_SECRETS_CACHE: join(folder, '.cache') } }
  const { world, unread, unseen } = await readWorld(
    { model, manifests: manifests.map(at), code: code.map(at), live },
    io,
  )
  return { findings: audit(world), unread, unseen }
}

const codes = (findings: readonly { code: string; file: string; line: number }[]) =>
  findings.map(({ code, file, line }) => `${code} ${file}:${line}`)

test('manifests and code are brought together, with their places', async () => {
  const files = {
    'k8s/api.yaml': `# The server\n${deployment('server', whole).replace('---\n', '')}`,
    'src/main.ts': 'export const url = process.env.STOCK_URL\nexport const key = process.env.MAIL_KEY\n',
  }
  const { findings, unread, unseen } = await read(files, { manifests: ['k8s'], code: ['api=@src'] })
  expect(codes(findings)).toEqual([
    'SECRET_SHADOWED k8s/api.yaml:2',
    'WORKLOAD_UNDEPLOYED scripts/catalogue.ts:1',
    'VARIABLE_UNDELIVERED src/main.ts:1',
  ])
  expect(unread).toEqual([])
  expect(unseen).toEqual(['the workloads of tier web: no manifest that was read has pods in shop-web'])
})

test('what is not read is a finding, and the rest is judged', async () => {
  const { findings, unread } = await read(
    {
      'a.yaml': '{ broken',
      'b.yaml': deployment('server', whole),
      'c.yaml': 'a\u0000b',
      'src/x.ts': 'const = process.env.A',
    },
    { code: ['src'] },
  )
  expect(codes(unread)).toEqual(['INPUT_UNREAD a.yaml:1', 'INPUT_UNREAD c.yaml:1', 'INPUT_UNREAD src/x.ts:1'])
  expect(codes(findings)).toContain('SECRET_SHADOWED b.yaml:2')
})

test('what can not be read may have the pods that a selector means', async () => {
  const service =
    'apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: shop-api }\nspec: { selector: { app: a } }\n'
  const files = { 'a.yaml': service, 'b.yaml': deployment('server', whole) }
  expect(codes((await read(files)).findings)).toContain('SERVICE_WITHOUT_PODS a.yaml:1')
  const { findings, unread } = await read({ ...files, 'c.yaml': 'a: [' })
  expect(codes(findings)).not.toContain('SERVICE_WITHOUT_PODS a.yaml:1')
  expect(unread).toHaveLength(1)
})

describe('kustomize folders', () => {
  const overlay = {
    'base/kustomization.yaml': 'resources: [api.yaml]\n',
    'base/api.yaml': `#\n#\n${deployment('server', whole)}`,
    'dev/kustomization.yaml': 'resources: [../base]\n',
  }

  test('one that does not render is an error: it is never taken for clean', async () => {
    const programs = await temporaryFolder()
    await executable(join(programs, 'kubectl'), '#!/bin/sh\necho no >&2\nexit 1\n')
    const { unread } = await read(overlay, { programs })
    expect(unread).toMatchObject([{ code: 'OVERLAY_UNRENDERED', severity: 'error', file: 'dev/kustomization.yaml' }])
  })

  test('without a program that renders it is a warning', async () => {
    const { unread } = await read(overlay)
    expect(unread).toMatchObject([{ code: 'INPUT_UNREAD', severity: 'warning', file: 'dev/kustomization.yaml' }])
  })

  test('what is rendered is shown where somebody wrote it', async () => {
    const programs = await temporaryFolder()
    const rendered = join(programs, 'rendered.yaml')
    await writeFile(rendered, deployment('server', whole))
    await executable(join(programs, 'kubectl'), `#!/bin/sh\n/bin/cat '${rendered}'\n`)
    await chmod(programs, 0o755)
    const { findings } = await read(overlay, { programs })
    expect(codes(findings)).toContain('SECRET_SHADOWED base/api.yaml:4')
  })
})

test('a tier that does not exist, and a path', async () => {
  expect(await problemOf(read({}, { code: ['apy=@src'] }))).toMatchObject({
    code: 'WRONG_USAGE',
    message: expect.stringContaining('Did you mean "api"?'),
  })
  expect(await problemOf(read({}, { manifests: ['nothing'] }))).toMatchObject({ where: '--manifests nothing' })
})

describe('with the cluster', () => {
  const named = (name: string, namespace: string, data = {}) =>
    ({ metadata: { name, namespace }, data }) as KubernetesObject
  const clusterWith = (objects: Readonly<Record<string, readonly KubernetesObject[]>>, refused?: string) =>
    ({
      list: async ({ kind }: Kind) => {
        if (kind === refused) throw new KubernetesError('GET', 403, 'Forbidden', 'it is forbidden')
        return { items: objects[kind] ?? [], resourceVersion: '1' }
      },
      kindNamed: async () => undefined,
    }) as unknown as ClusterReader
  const manifest = deployment(
    'server',
    'envFrom: [{ secretRef: { name: api-secrets } }, { configMapRef: { name: settings } }]',
  )
  const codesOf = async (live: ClusterReader) => {
    const { findings, unread } = await read({ 'k.yaml': manifest }, { live })
    return [...unread, ...findings].map(({ code, severity }) => `${severity} ${code}`)
  }

  test('what it does not have is an error, and what it has is not a finding', async () => {
    expect(await codesOf(clusterWith({}))).toContain('error REFERENCE_UNMADE')
    const there = clusterWith({ ConfigMap: [named('settings', 'shop-api', { LEVEL: 'info' })] })
    expect(await codesOf(there)).toEqual(['warning WORKLOAD_UNDEPLOYED'])
  })

  test('namespaces of others are not judged', async () => {
    const pods = {
      metadata: { labels: {} },
      spec: { containers: [{ name: 'x', env: [{ name: 'A' }, { name: 'A' }] }] },
    }
    const at = (namespace: string) =>
      ({ ...named('x', namespace), spec: { template: pods } }) as unknown as KubernetesObject
    const settings = { ConfigMap: [named('settings', 'shop-api')] }
    expect(await codesOf(clusterWith({ ...settings, Deployment: [at('other')] }))).not.toContain(
      'warning VARIABLE_TWICE',
    )
    expect(await codesOf(clusterWith({ ...settings, Deployment: [at('shop-api')] }))).toContain(
      'warning VARIABLE_TWICE',
    )
  })

  test('what may not be listed proves nothing', async () => {
    expect(await codesOf(clusterWith({}, 'ConfigMap'))).toEqual(
      expect.arrayContaining(['warning INPUT_UNREAD', 'warning REFERENCE_UNMADE']),
    )
  })
})
