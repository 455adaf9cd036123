import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkSchemas } from '../../scripts/chart/kubeconform.ts'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import { type SealTarget, seal } from '../../scripts/cluster/seal.ts'
import { run, tryRun } from '../../scripts/lib/exec.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { rsaKeys, testCertificate } from '../helpers/certificate.ts'
import { chartOf, helms, template } from '../helpers/chart.ts'
import { productFolder } from '../helpers/generating.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { tools } from '../helpers/tools.ts'

const { kubeconform, unseal } = await tools('kubeconform', 'unseal')

/** The key of a cluster: 4096 bits, as the controller makes it. */
const cluster = testCertificate({ keys: rsaKeys(4096) })
const folder = await sharedFolder()
const keyOf = async (name: string, key: string) => {
  await writeFile(join(folder, name), key, { mode: 0o600 })
  return join(folder, name)
}
const clusterKey = await keyOf('cluster.pem', cluster.key)
const otherKey = await keyOf('other.pem', testCertificate().key)

const target = { namespace: 'shop-api', name: 'scw-api-credentials' }
const apiKey = {
  'access-key': `SCW${randomBytes(9).toString('hex').slice(1).toUpperCase()}`,
  'secret-key': randomUUID(),
}
const digest = (value: string) => createHash('sha256').update(value).digest('hex')
const digests = { 'access-key': digest(apiKey['access-key']), 'secret-key': digest(apiKey['secret-key']) }

/** What the controller's own code makes of a SealedSecret; the values as digests, so that no value is in a message. */
async function opened(sealed: object, key = clusterKey): Promise<unknown> {
  return JSON.parse(await run(unseal.path, [key], { input: JSON.stringify(sealed) }))
}

/** What it says when it can't open one. */
async function refused(sealed: object, key = clusterKey): Promise<string> {
  const { stderr, exitCode } = await tryRun(unseal.path, [key], { input: JSON.stringify(sealed) })
  expect(exitCode).toBe(1)
  return stderr
}

const cannotOpen = 'no key could decrypt secret'

describe('the controller itself', () => {
  test('opens what is sealed, with its labels', async () => {
    const sealed = seal(cluster.certificate, { ...target, labels: { team: 'shop' } }, apiKey)
    expect(await opened(sealed)).toEqual({ ...target, type: 'Opaque', labels: { team: 'shop' }, digests })
  })

  test.each(['', 'é🔑', 'x'.repeat(100_000)])('opens a value of any length', async (value) => {
    expect(await opened(seal(cluster.certificate, target, { value }))).toMatchObject({
      digests: { value: digest(value) },
    })
  })

  test.each<[string, Partial<SealTarget>]>([
    ['name', { name: 'scw-web-credentials' }],
    ['namespace', { namespace: 'shop-web' }],
    ['name and namespace with the same letters', { namespace: 'shop', name: 'api-scw-api-credentials' }],
  ])('cannot open it under another %s', async (_, other) => {
    const sealed = seal(cluster.certificate, target, apiKey)
    expect(await refused({ ...sealed, metadata: { ...sealed.metadata, ...other } })).toContain(cannotOpen)
  })

  test('cannot open it with another key, nor when it was changed on the way', async () => {
    const sealed = seal(cluster.certificate, target, apiKey)
    expect(await refused(sealed, otherKey)).toContain(cannotOpen)
    const bytes = Buffer.from(sealed.spec.encryptedData['secret-key'] ?? '', 'base64')
    bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1
    const encryptedData = { ...sealed.spec.encryptedData, 'secret-key': bytes.toString('base64') }
    expect(await refused({ ...sealed, spec: { ...sealed.spec, encryptedData } })).toContain(cannotOpen)
  })
})

describe.each(helms)('%s', async (_, helm) => {
  const { encryptedData } = seal(cluster.certificate, target, apiKey).spec
  const [accessKey = '', secretKey = ''] = [encryptedData['access-key'], encryptedData['secret-key']]
  const dev = environment({ sealedCredentials: { api: { accessKey, secretKey } } })
  const { chart, values } = await chartOf(applicationWith({ secrets: [{}], environments: { dev } }))
  const text = await template(helm, chart, values('dev'))
  const sealed = parseManifests(text, 'dev').filter(({ kind }) => kind === 'SealedSecret')

  test('a sealed key goes through the values and the chart, and the controller makes the Secret of it', async () => {
    expect(await opened(sealed[0] as Manifest)).toEqual({
      ...target,
      type: 'Opaque',
      labels: {
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/component': 'api',
        'tiered-secrets/environment': 'dev',
      },
      digests,
    })
  })

  test('a tier without a sealed key has no SealedSecret, and the other has one with the labels of the chart', () => {
    expect(sealed.map(({ metadata }) => metadata)).toMatchObject([
      { ...target, labels: { 'app.kubernetes.io/name': 'tiered-secrets', 'app.kubernetes.io/component': 'api' } },
    ])
  })

  test('names that look like numbers stay names', async () => {
    const numbered = environment({ sealedCredentials: { api: { accessKey, secretKey } }, namespaces: { api: '1e1' } })
    const other = await chartOf(applicationWith({ secrets: [{}], environments: { dev: numbered } }))
    const rendered = parseManifests(await template(helm, other.chart, other.values('dev')), 'dev')
    const { metadata, spec } = rendered.find(({ kind }) => kind === 'SealedSecret') as Manifest
    expect(metadata.namespace).toBe('1e1')
    expect(spec).toMatchObject({ template: { metadata: { namespace: '1e1' } } })
  })

  test('the sealed key of a tier cannot be opened in another tier', async () => {
    const web = environment({ sealedCredentials: { web: { accessKey, secretKey } } })
    const other = await chartOf(applicationWith({ secrets: [{}], environments: { dev: web } }))
    const moved = parseManifests(await template(helm, other.chart, other.values('dev')), 'dev')
    const manifest = moved.find(({ kind }) => kind === 'SealedSecret')
    expect(manifest?.metadata).toMatchObject({ namespace: 'shop-web', name: 'scw-web-credentials' })
    expect(await refused(manifest ?? {})).toContain(cannotOpen)
  })

  test('the SealedSecret fits the schema of the controller, which refuses a mistyped field', async () => {
    expect(await checkSchemas(kubeconform.path, productFolder, JSON.stringify(sealed[0]), 'dev')).toEqual([])
    const mistyped = JSON.stringify(sealed[0]).replace('"encryptedData"', '"encrypted"')
    const [problem] = await checkSchemas(kubeconform.path, productFolder, mistyped, 'dev')
    expect(problem).toMatchObject({ code: 'MANIFEST_INVALID', where: 'dev SealedSecret/scw-api-credentials' })
    expect(problem?.message).toContain('encrypted')
  })
})
