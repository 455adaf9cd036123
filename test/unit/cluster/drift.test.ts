import { describe, expect, test } from 'vitest'
import { driftOf } from '../../../scripts/cluster/drift.ts'
import { clearTheWay, restoreAll } from '../../../scripts/cluster/restore.ts'
import { surveyDrift } from '../../../scripts/inspect/survey/drift-survey.ts'
import type { KubernetesClient } from '../../../scripts/kubernetes/client.ts'
import { fieldChangeText } from '../../../scripts/kubernetes/difference.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../../scripts/kubernetes/kinds.ts'

type AnyObject = KubernetesObject & Readonly<Record<string, unknown>>
type Client = Pick<KubernetesClient, 'get' | 'apply' | 'replace' | 'tryApply' | 'tryReplace'>

const metadata = { namespace: 'shop-api', name: 'secrets-viewer' }
const apiVersion = 'rbac.authorization.k8s.io/v1'
const role = (rules: readonly object[], more: object = {}): AnyObject => ({
  apiVersion,
  kind: 'Role',
  metadata: { ...metadata, labels: { own: 'a' }, resourceVersion: '7', ...more },
  rules,
})
const rendered: AnyObject = {
  apiVersion,
  kind: 'Role',
  metadata: { ...metadata, labels: { own: 'a' } },
  rules: [{ verbs: ['get'] }],
}
const foreign = { verbs: ['delete'] }
const managedFields = [
  { manager: 'kubectl-edit', fieldsV1: { 'f:rules': {} } },
  { manager: 'helm', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:own': {}, 'f:dropped': {} } } } },
]

/** An API server with one object, which fills nothing in. */
function server(live: AnyObject | undefined, answers: Partial<Client> = {}) {
  const stored: AnyObject[] = []
  const client = {
    get: async () => stored.at(-1) ?? live,
    apply: async () => rendered,
    tryApply: async () => rendered,
    tryReplace: async (_: unknown, object: AnyObject) => object,
    replace: async (_: unknown, object: AnyObject) => {
      stored.push(object)
      return object
    },
    ...answers,
  } as Client
  return { client, stored }
}
const refused = (status: number, message: string) => new KubernetesError('PUT x', status, 'Forbidden', message)
const noRight = refused(403, 'roles is forbidden: User "ada" cannot update resource "roles"')
const judged = refused(403, "ValidatingAdmissionPolicy 'x' denied request: no")

test('what the API server fills in is not a difference; what others added to own fields is, with who did it', async () => {
  const live = role([{ verbs: ['get'] }, foreign], { managedFields })
  const filled = {
    ...server(live).client,
    tryReplace: async <T>(_: unknown, object: T) => ({ ...object, spec: { filled: 1 } }),
  }
  const before = { ...live, spec: { filled: 1 } }
  const fields = await driftOf(filled as unknown as Client, kinds.role, before, rendered)
  expect(fields.map(fieldChangeText)).toEqual(['- rules[1] (by kubectl-edit)'])
})

test('labels, annotations, finalizers and data of others are kept, and what Helm had set before goes', async () => {
  const more = {
    managedFields,
    labels: { own: 'changed', dropped: 'x', team: 'a' },
    annotations: { 'force-sync': '1' },
    finalizers: ['f'],
  }
  const live = { ...role([foreign], more), data: { a: 'YQ==' }, secrets: [{ name: 's' }] }
  const { client, stored } = server(live)
  const { restored, problems } = await restoreAll(client, [rendered])
  expect(problems).toEqual([])
  expect(restored).toEqual([
    {
      object: 'Role/shop-api/secrets-viewer',
      fields: [
        '- metadata.labels.dropped',
        'metadata.labels.own: "changed" → "a"',
        '- rules[0].verbs[delete] (by kubectl-edit)',
        '+ rules[0].verbs[get]: "get"',
      ],
    },
  ])
  expect(stored).toEqual([
    {
      ...live,
      rules: rendered.rules,
      metadata: { ...live.metadata, labels: { own: 'a', team: 'a' }, annotations: { 'force-sync': '1' } },
    },
  ])
})

test('a value that somebody wrote into a template is not shown, and neither is a sealed one', () => {
  const change = { before: 'hunter2', after: 'x' }
  for (const path of ['spec.target.template.data.A', 'spec.template.data.A', 'spec.encryptedData.access-key'])
    expect(fieldChangeText({ path, ...change })).toBe(`${path}: changed`)
  expect(fieldChangeText({ path: 'spec.encryptedData.a', after: 'hunter2' })).toBe('+ spec.encryptedData.a')
})

describe('putting back', () => {
  test('begins again when the object is changed meanwhile', async () => {
    let tries = 0
    const { client, stored } = server(role([foreign]))
    const replace: Client['replace'] = async (kind, object, options) => {
      if (++tries === 1) throw new KubernetesError('PUT x', 409, 'Conflict', 'changed')
      return client.replace(kind, object, options)
    }
    expect((await restoreAll({ ...client, replace }, [rendered])).restored).toHaveLength(1)
    expect([tries, stored.length]).toEqual([2, 1])
  })

  test('owns no field afterwards, also when the run before ended in between', async () => {
    const others = { manager: 'kubectl-edit', fieldsV1: {} }
    const ours = { manager: 'tiered-secrets-restore', fieldsV1: { 'f:rules': {} } }
    for (const rules of [[foreign], [{ verbs: ['get'] }]]) {
      const { client, stored } = server(role(rules, { managedFields: [others, ours] }))
      await restoreAll(client, [rendered])
      expect(stored.at(-1)?.metadata.managedFields).toEqual([others])
      const { length } = stored
      await restoreAll(client, [rendered])
      expect(stored).toHaveLength(length)
    }
  })

  test('leaves what is as rendered, what is not there, and what is being deleted', async () => {
    for (const live of [role([{ verbs: ['get'] }]), undefined, role([foreign], { deletionTimestamp: 'now' })]) {
      const { client, stored } = server(live)
      expect(await restoreAll(client, [rendered])).toEqual({ restored: [], problems: [] })
      expect(stored).toEqual([])
    }
  })

  test('without the right to is a warning; a refusal is an error in the words of the API server', async () => {
    const answers = (error: Error) => ({ tryReplace: () => Promise.reject(error) })
    const problemsOf = async (error: Error) =>
      (await restoreAll(server(role([foreign]), answers(error)).client, [rendered])).problems
    expect(await problemsOf(noRight)).toMatchObject([{ code: 'DRIFT_UNSEEN', severity: 'warning' }])
    const [kept] = await problemsOf(judged)
    expect(kept).toMatchObject({ code: 'DRIFT_KEPT', message: expect.stringContaining('denied request: no') })
    expect(kept?.severity).toBeUndefined()
    await expect(problemsOf(new TypeError('a bug'))).rejects.toThrow('a bug')
  })

  test('before an upgrade is done only where Helm would be refused, and where somebody else wrote', async () => {
    const edited = role([foreign], { managedFields })
    const refuses = { tryApply: () => Promise.reject(judged) }
    expect(await clearTheWay(server(edited, refuses).client, [rendered])).toHaveLength(1)
    expect(await clearTheWay(server(edited).client, [rendered])).toEqual([])
    const conflicts = { tryApply: () => Promise.reject(new KubernetesError('PATCH x', 409, 'Conflict', 'with "a"')) }
    expect(await clearTheWay(server(edited, conflicts).client, [rendered])).toHaveLength(1)
    expect(await clearTheWay(server(role([foreign]), conflicts).client, [rendered])).toEqual([])
  })

  test('has Helm own its fields where another manager does, and keeps the annotations it knows its objects by', async () => {
    const marks = { 'meta.helm.sh/release-name': 'shop-secrets', 'force-sync': '1' }
    const applied: unknown[] = []
    const tryApply = (async (_: unknown, __: unknown, ___: unknown, { force = true } = {}) => {
      if (!force) throw new KubernetesError('PATCH x', 409, 'Conflict', 'with "kubectl"')
    }) as Client['tryApply']
    const apply = (async (_: unknown, __: unknown, object: AnyObject) => {
      applied.push(object.metadata.annotations)
      return object
    }) as Client['apply']
    await clearTheWay(server(role([{ verbs: ['get'] }], { annotations: marks }), { apply, tryApply }).client, [
      rendered,
    ])
    expect(applied).toEqual([{ 'meta.helm.sh/release-name': 'shop-secrets' }])
  })

  test('is not tried for a RoleBinding of another Role: nobody can change that', async () => {
    const binding = (name: string): AnyObject => ({
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { kind: 'Role', name },
    })
    const { client } = server(binding('admin'))
    await expect(clearTheWay(client, [binding('secrets-viewer')])).rejects.toMatchObject({
      problems: [
        {
          code: 'ROLE_REF_DIFFERS',
          message: 'gives the rights of Role "admin", which can\'t be changed back. Expected Role "secrets-viewer".',
          fix: expect.stringContaining('`kubectl delete rolebinding secrets-viewer --namespace shop-api`'),
        },
      ],
    })
  })
})

describe('a look at what is deployed', () => {
  test('tells what is gone, unless nothing is there at all', async () => {
    const other = { ...rendered, metadata: { ...rendered.metadata, name: 'other' } }
    const { client } = server(role([{ verbs: ['get'] }]))
    const get = (async (_: unknown, { name }: { name: string }) =>
      name === 'other' ? undefined : client.get(kinds.role, metadata)) as Client['get']
    expect((await surveyDrift({ ...client, get }, [rendered, other])).drifted).toEqual([
      { place: 'Role/shop-api/other', message: 'does not exist. Expected what the chart renders.' },
    ])
    expect(await surveyDrift(server(undefined).client, [rendered, other])).toEqual({ drifted: [], unseen: [] })
  })

  test('says once of each kind and namespace what may not be tried out', async () => {
    const tryReplace = () => Promise.reject(noRight)
    const other = { ...rendered, metadata: { ...rendered.metadata, name: 'other' } }
    expect(await surveyDrift(server(role([]), { tryReplace }).client, [rendered, other])).toEqual({
      drifted: [],
      unseen: ['you may not make a dry run of changes to roles in namespace shop-api'],
    })
  })
})
