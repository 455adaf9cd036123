import { describe, expect, test } from 'vitest'
import { writeCredentials } from '../../../scripts/cluster/credentials-secret.ts'
import { isLeftToController, isOfSealedSecret, takeoverProblems } from '../../../scripts/cluster/sealed-takeover.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds } from '../../../scripts/kubernetes/kinds.ts'

const ref = { namespace: 'shop-api', name: 'scw-api-credentials' }
const sealed = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: ref }
const owner = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', name: ref.name, uid: 'u', controller: true }
const annotated = (annotations: Readonly<Record<string, string>>) => ({ metadata: { ...ref, annotations } })

/** A cluster with these objects of the name, by kind. */
const clusterOf = (objects: Readonly<Record<string, KubernetesObject | Error>>) => ({
  get: async <T extends KubernetesObject>({ kind }: Kind) => {
    const found = objects[kind]
    if (found instanceof Error) throw found
    return found as T | undefined
  },
})

test.each([
  ['a plain one', { metadata: ref }, false],
  ['one that is annotated to be managed', annotated({ 'sealedsecrets.bitnami.com/managed': 'true' }), true],
  ['one that is annotated to be patched', annotated({ 'sealedsecrets.bitnami.com/patch': 'true' }), true],
  ['one annotated with anything but true', annotated({ 'sealedsecrets.bitnami.com/managed': 'yes' }), false],
  ['one of a SealedSecret', { metadata: { ...ref, ownerReferences: [owner] } }, true],
  ['one of another SealedSecret', { metadata: { ...ref, ownerReferences: [{ ...owner, name: 'other' }] } }, false],
  ['one that another kind controls', { metadata: { ...ref, ownerReferences: [{ ...owner, kind: 'Job' }] } }, false],
  [
    'one that is owned and not controlled',
    { metadata: { ...ref, ownerReferences: [{ ...owner, controller: false }] } },
    false,
  ],
])('%s is left to the controller: %j', (_, secret, expected) => {
  expect(isLeftToController(secret)).toBe(expected)
})

test('an annotation does not make it the Secret of a SealedSecret', () => {
  expect(isOfSealedSecret(annotated({ 'sealedsecrets.bitnami.com/managed': 'true' }))).toBe(false)
})

describe('a SealedSecret that is rendered', () => {
  const problemsOf = (objects: Readonly<Record<string, KubernetesObject | Error>>, manifests = [sealed]) =>
    takeoverProblems(clusterOf(objects), manifests)

  test('over a plain Secret is a problem, with the command that helps before and after', async () => {
    const annotate =
      'kubectl annotate secret scw-api-credentials --namespace shop-api sealedsecrets.bitnami.com/managed=true'
    const secret = { metadata: ref }
    const before = {
      code: 'SEALED_KEY_UNUSED',
      where: 'Secret/shop-api/scw-api-credentials',
      fix: `Run \`${annotate}\`.`,
    }
    expect(await problemsOf({ Secret: secret })).toMatchObject([before])
    const [after] = await problemsOf({ Secret: secret, SealedSecret: sealed })
    expect(after?.fix).toBe(`Run \`${annotate}\`, then restart the sealed-secrets controller, which has given up.`)
  })

  test.each<[string, Readonly<Record<string, KubernetesObject | Error>>]>([
    ['no Secret', {}],
    ['a Secret that is left to it', { Secret: annotated({ 'sealedsecrets.bitnami.com/managed': 'true' }) }],
    ['a Secret that we may not read', { Secret: new KubernetesError('GET', 403, 'Forbidden', 'secrets is forbidden') }],
  ])('over %s is none', async (_, objects) => {
    expect(await problemsOf(objects)).toEqual([])
  })

  test('nothing is read without one', async () => {
    expect(await problemsOf({ Secret: new Error('read') }, [])).toEqual([])
  })
})

test('a key that is written can be followed by a sealed one', async () => {
  let written: KubernetesObject | undefined
  const client = {
    apply: async (_: Kind, __: object, object: KubernetesObject) => {
      written = object
      return object
    },
  }
  const key = { accessKey: 'a', secretKey: 's' }
  await writeCredentials(client as never, { namespace: ref.namespace, credentialsSecret: ref.name }, key)
  expect(isLeftToController(written ?? { metadata: ref })).toBe(true)
  expect(kinds.secret.kind).toBe('Secret')
})
