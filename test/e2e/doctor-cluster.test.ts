import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DiagnoseOptions } from '../../scripts/inspect/doctor/diagnose.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import { projects } from '../helpers/applications.ts'
import { chartOf, helm4, manifestsOf } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import type { AnyObject } from './admission-world.ts'
import { type DoctorWorld, forbid, startDoctorWorld, unprotected } from './doctor-world.ts'

let here: DoctorWorld
let orders: TierModel
let mailer: TierModel
beforeAll(async () => {
  here = await startDoctorWorld()
  ;[orders, mailer] = [here.tier('orders'), here.tier('mailer')]
  await here.world.install()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

const patchStore = (scaleway: object) =>
  here.client.mergePatch(kinds.secretStore, here.store(orders), { spec: { provider: { scaleway } } })
const patchSpec = (tier: TierModel, spec: object) =>
  here.client.mergePatch(kinds.externalSecret, here.externalSecret(tier), { spec })
/** A value that is not the one before, so that the operator has something to write. */
const newValue = async (tier: TierModel, name: string) =>
  createVersion(here.owner, here.model.region, await here.idOf(tier, name), `made at ${Date.now()}`)

/** The cause of the one failure there is, once somebody has broken something; what was broken is fixed in any case. */
async function causeOf(
  breaks: () => Promise<unknown>,
  fixes: () => Promise<unknown>,
  parts?: Partial<DiagnoseOptions>,
) {
  await breaks()
  const diagnosis = await here.diagnose(parts).finally(fixes)
  const [cause, ...others] = diagnosis.causes
  expect([cause?.code, ...others.map(({ code }) => code)]).toEqual([cause?.code ?? 'a cause'])
  if (!cause) throw new Error('no cause was found')
  expect(diagnosis.exitCode).toBe(3)
  return cause
}

test('an environment at work has no cause', () => here.healthy())

describe('a SecretStore that is ready', () => {
  const fixed = { region: 'nl-ams', projectId: '8d3b5e71-0c9f-4a62-b7e8-15f6c2d90a34' }
  const breaks = (scaleway: object) => async () => {
    await patchStore(scaleway)
    await here.fails(orders)
    const store = await here.client.get<AnyObject & { status?: object }>(kinds.secretStore, here.store(orders))
    expect(store?.status).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] })
  }
  const fixes = () => patchStore({ ...fixed, apiUrl: here.owner.apiUrl })

  test.each([
    ['another project', { projectId: projects.dev }, 'STORE_PROJECT', `names project "${projects.dev}"`, 'projectId'],
    ['another region', { region: 'fr-par' }, 'STORE_REGION', 'names region "fr-par". Expected "nl-ams"', 'region'],
    ['a region nobody has', { region: 'xx-abc' }, 'STORE_REGION', 'names region "xx-abc"', 'region'],
  ])(
    'and names %s is reported, and not the secrets that are missing there',
    async (_, change, code, message, field) => {
      const cause = await causeOf(breaks(change), fixes)
      expect(cause).toMatchObject({ code, where: 'SecretStore/bookshop-orders/orders-secretstore' })
      expect(cause.message).toContain(message)
      expect(cause.evidence[0]).toMatch(new RegExp(`^spec\\.provider\\.scaleway\\.${field} of SecretStore/`))
      const patch =
        /^`kubectl patch secretstore orders-secretstore --namespace bookshop-orders --type merge --patch '(.*?)'`/
      const [, body = ''] = patch.exec(cause.fix) ?? []
      // What is to be pasted does mend it.
      await patchStore(change)
      await here.client.mergePatch(kinds.secretStore, here.store(orders), JSON.parse(body))
      await here.syncs(orders)
      await here.healthy()
    },
  )

  test('and reads its key from elsewhere is reported', async () => {
    const elsewhere = { secretRef: { name: 'elsewhere', key: 'secret-key' } }
    const own = { secretRef: { name: orders.credentialsSecret, key: 'secret-key' } }
    const cause = await causeOf(
      () => patchStore({ secretKey: elsewhere }),
      () => patchStore({ secretKey: own }),
    )
    expect(cause).toMatchObject({
      code: 'STORE_DIFFERS',
      message: expect.stringContaining('secretKey.secretRef.name: "elsewhere" → "scw-orders-credentials"'),
      fix: expect.stringMatching(/^`npm run deploy -- --environment preview`/),
    })
    await here.healthy()
  })
})

test('a SecretStore whose settings the operator refuses is reported with its words', async () => {
  const isReady = (wanted: string) =>
    eventually(
      async () => {
        const store = await here.client.get<AnyObject & { status?: { conditions?: { status: string }[] } }>(
          kinds.secretStore,
          here.store(orders),
        )
        return store?.status?.conditions?.[0]?.status
      },
      (status) => status === wanted,
    )
  const cause = await causeOf(
    async () => {
      await patchStore({ apiUrl: `${here.owner.apiUrl}/` })
      await isReady('False')
    },
    () => patchStore({ apiUrl: here.owner.apiUrl }),
  )
  expect(cause).toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('it should not have a trailing slash'),
  })
  expect(cause.evidence[0]).toMatch(/^condition Ready=False of SecretStore\/bookshop-orders\/orders-secretstore since /)
  await isReady('True')
  await here.syncs(orders)
  await here.healthy()
})

describe('a target', () => {
  const target = () => here.externalSecret(mailer)
  const handMade = () => ({ ...target(), name: 'hand-made' })
  const isGone = () =>
    eventually(
      () => here.client.get(kinds.secret, target()),
      (found) => found === undefined,
    )
  /** Gives the place of the target free, for somebody else to take. */
  async function leave() {
    await patchSpec(mailer, { target: { name: 'elsewhere' } })
    await isGone()
  }
  const takeBack = () => patchSpec(mailer, { target: { name: target().name } })

  test('that belongs to another ExternalSecret is reported, with the command that deletes that one', async () => {
    const found = await here.client.get<AnyObject>(kinds.externalSecret, target())
    const cause = await causeOf(
      async () => {
        await leave()
        const other: AnyObject = { metadata: handMade(), spec: found?.spec }
        await here.client.create(kinds.externalSecret, other)
        await eventually(
          () => here.client.get(kinds.secret, target()),
          (secret) => secret !== undefined,
        )
        await takeBack()
        await here.fails(mailer)
      },
      () => here.client.delete(kinds.externalSecret, handMade()),
    )
    expect(cause).toMatchObject({
      code: 'TARGET_OF_OTHER',
      where: 'Secret/bookshop-mailer/mailer-secrets',
      message: 'belongs to ExternalSecret "hand-made". Expected it to belong to "mailer-secrets".',
      fix: expect.stringMatching(/^`kubectl delete externalsecret hand-made --namespace bookshop-mailer` /),
    })
    expect(cause.evidence.slice(0, 2)).toEqual([
      'ownerReference of Secret/bookshop-mailer/mailer-secrets: controller ExternalSecret/hand-made',
      expect.stringContaining('target is owned by another ExternalSecret'),
    ])
    await here.syncs(mailer)
    await here.healthy()
  })

  test('another ExternalSecret that only wants it does no harm, and is not a cause', async () => {
    const found = await here.client.get<AnyObject>(kinds.externalSecret, target())
    const other: AnyObject = { metadata: handMade(), spec: found?.spec }
    await here.client.create(kinds.externalSecret, other)
    await here.syncs(mailer)
    await here.healthy()
    await here.client.delete(kinds.externalSecret, handMade())
  })

  test('that another controller owns is reported with its name', async () => {
    const theirs: AnyObject = { metadata: { ...target(), name: 'their-controller' } }
    const owner = await here.client.create(kinds.configMap, theirs)
    const reference = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'their-controller',
      uid: owner.metadata.uid ?? '',
      controller: true,
    }
    const cause = await causeOf(
      async () => {
        await leave()
        await here.client.create(kinds.secret, { metadata: { ...target(), ownerReferences: [reference] } })
        await takeBack()
        await here.fails(mailer)
      },
      () => here.client.delete(kinds.secret, target()),
    )
    expect(cause).toMatchObject({
      code: 'TARGET_CONTROLLED',
      message: `is controlled by ConfigMap "their-controller". Expected the operator alone to control it.`,
      fix: expect.stringMatching(/^`kubectl delete secret mailer-secrets --namespace bookshop-mailer` /),
    })
    expect(cause.evidence.join('\n')).toContain('failed to take ownership of target secret')
    await here.syncs(mailer)
    await here.healthy()
  })

  test('that is immutable is reported, also while nothing new has come yet', async () => {
    await here.client.mergePatch(kinds.secret, target(), { immutable: true })
    expect(await here.cause()).toMatchObject({ code: 'TARGET_IMMUTABLE', explains: [] })
    const cause = await causeOf(
      async () => {
        await newValue(mailer, 'no-reply-marker')
        await here.fails(mailer)
      },
      () => here.client.delete(kinds.secret, target()),
    )
    expect(cause).toMatchObject({
      code: 'TARGET_IMMUTABLE',
      where: 'Secret/bookshop-mailer/mailer-secrets',
      fix: expect.stringMatching(/^`kubectl delete secret mailer-secrets --namespace bookshop-mailer`: /),
    })
    expect(cause.evidence.join('\n')).toContain('could not update secret, target is immutable')
    await here.syncs(mailer)
    await here.healthy()
  })

  test('that has another type is reported, although the operator can write it', async () => {
    const cause = await causeOf(
      async () => {
        await leave()
        const secret: SecretObject = { metadata: target(), type: 'example.org/letters', data: {} }
        await here.client.create(kinds.secret, secret)
        await takeBack()
        await here.syncs(mailer)
      },
      () => here.client.delete(kinds.secret, target()),
    )
    expect(cause).toMatchObject({
      code: 'TARGET_TYPE',
      message: 'is of type example.org/letters, which Kubernetes never changes. Expected type Opaque.',
      fix: expect.stringMatching(/^`kubectl delete secret mailer-secrets --namespace bookshop-mailer`: /),
    })
    await here.syncs(mailer)
    await here.healthy()
  })

  test('that its ExternalSecret makes immutable is reported, with both commands', async () => {
    const cause = await causeOf(
      async () => {
        await patchSpec(mailer, { target: { immutable: true } })
        await here.syncs(mailer)
      },
      async () => {
        await patchSpec(mailer, { target: { immutable: null } })
        // An operator that has not read the patch yet makes the new Secret immutable again.
        await here.syncs(mailer)
        await here.client.delete(kinds.secret, target())
      },
    )
    expect(cause.code).toBe('TARGET_IMMUTABLE')
    expect(cause.fix).toMatch(
      /^`kubectl patch externalsecret mailer-secrets .*'\{"spec":\{"target":\{"immutable":false\}\}\}'`, then `kubectl delete secret mailer-secrets /,
    )
    expect(cause.evidence[0]).toBe('spec.target.immutable of ExternalSecret/bookshop-mailer/mailer-secrets: true')
    await here.syncs(mailer)
    await here.healthy()
  })

  test('that an admission policy refuses is reported with the words of the policy', async () => {
    const label = (a: string) => here.client.mergePatch(kinds.secret, target(), { metadata: { labels: { a } } })
    const isTaken = (a: string) =>
      label(a).then(
        () => true,
        () => false,
      )
    let allow = async () => {}
    const cause = await causeOf(
      async () => {
        allow = await forbid(here.client, {
          name: 'no-letters',
          resource: 'secrets',
          operation: 'UPDATE',
          except: "object.metadata.name != 'mailer-secrets'",
          message: 'no letters here',
        })
        await eventually(
          () => isTaken(String(Date.now())),
          (taken) => !taken,
        )
        await newValue(mailer, 'no-reply-marker')
        await here.fails(mailer)
      },
      () => allow(),
    )
    expect(cause).toMatchObject({
      code: 'ADMISSION_REFUSES',
      where: 'ExternalSecret/bookshop-mailer/mailer-secrets',
      message: expect.stringMatching(/ValidatingAdmissionPolicy 'no-letters' .* denied request: no letters here/),
      fix: expect.stringMatching(/^`kubectl get validatingadmissionpolicies,validatingwebhookconfigurations` /),
    })
    await eventually(
      () => isTaken('b'),
      (taken) => taken,
    )
    await here.syncs(mailer)
    await here.healthy()
  })

  test('for which the quota of the namespace has no room is reported, with what is used', async () => {
    const quota = { namespace: orders.namespace, name: 'tier-quota' }
    type Quota = KubernetesObject & { readonly status?: { readonly hard?: { readonly secrets?: string } } }
    const limit = async (secrets: string) => {
      await here.client.mergePatch(kinds.resourceQuota, quota, { spec: { hard: { secrets } } })
      await eventually(
        () => here.client.get<Quota>(kinds.resourceQuota, quota),
        (found) => found?.status?.hard?.secrets === secrets,
      )
    }
    await limit('2')
    await here.healthy()
    const cause = await causeOf(
      async () => {
        await limit('1')
        await here.client.delete(kinds.secret, here.externalSecret(orders))
        await here.fails(orders)
      },
      () => limit('5'),
    )
    expect(cause).toMatchObject({
      code: 'QUOTA_FULL',
      where: 'ResourceQuota/bookshop-orders/tier-quota',
      message:
        'has no room for Secret/bookshop-orders/orders-secrets: 1 of 1 secrets are used. Expected room for every target.',
      fix: expect.stringMatching(/^`kubectl get secrets --namespace bookshop-orders` /),
    })
    expect(cause.evidence.join('\n')).toMatch(/exceeded quota: tier-quota, requested: secrets=1, used: secrets=1/)
    await here.syncs(orders)
    await here.healthy()
  })

  test('that somebody else changes is reported once the operator does not put it right', async () => {
    const later = { now: () => new Date(Date.now() + 20_000) }
    await here.syncs(mailer)
    const secret = await here.client.get<SecretObject>(kinds.secret, target())
    expect((await here.diagnose(later)).causes).toEqual([])
    // Seen as it is in the moment before the operator has noticed it.
    const client = {
      ...here.client,
      get: async (kind: typeof kinds.secret, ref: { name: string; namespace?: string }) =>
        kind === kinds.secret && ref.name === target().name
          ? { ...secret, data: { NO: 'eA==', FOREIGN: 'eA==' } }
          : here.client.get(kind, ref),
    } as unknown as typeof here.client
    const { causes } = await here.diagnose({ client, ...later })
    expect(causes).toMatchObject([
      {
        code: 'TARGET_DIFFERS',
        message: expect.stringMatching(
          /^lacks RELAY_HOST, RELAY_LOGIN, RELAY_PASSPHRASE and holds FOREIGN, which is not/,
        ),
      },
    ])
  })
})

describe('an ExternalSecret', () => {
  test.each([
    ['refreshInterval: 0', { refreshInterval: '0' }],
    ['refreshPolicy: CreatedOnce', { refreshPolicy: 'CreatedOnce' }],
  ])('that is frozen by %s is reported, with the command that thaws it', async (text, change) => {
    const cause = await causeOf(
      () => patchSpec(mailer, change),
      async () => undefined,
    )
    expect(cause).toMatchObject({ code: 'REFRESH_FROZEN', message: expect.stringContaining(`(${text})`) })
    const [, body = ''] = /^`kubectl patch externalsecret mailer-secrets .* --patch '(.*)'`/.exec(cause.fix) ?? []
    await here.client.mergePatch(kinds.externalSecret, here.externalSecret(mailer), JSON.parse(body))
    await here.syncs(mailer)
    await here.healthy()
  })

  test('of another catalogue is reported with what it has to read', async () => {
    const secrets = unprotected.catalogue.secrets
    const renamed = secrets.map((spec) => (spec.variable === 'NO' ? { ...spec, remoteName: 'no-reply' } : spec))
    await here.world.install({ ...unprotected, catalogue: { ...unprotected.catalogue, secrets: renamed } })
    const { causes } = await here.diagnose()
    await here.world.install()
    await here.syncs(mailer)
    expect(causes).toMatchObject([
      {
        code: 'NOT_DEPLOYED',
        where: 'ExternalSecret/bookshop-mailer/mailer-secrets',
        message: expect.stringMatching(
          /^differs from the catalogue: .*spec\.data\[NO\]\.remoteRef\.key: ".*\/no-reply" → ".*\/no-reply-marker"/,
        ),
        fix: expect.stringMatching(/^`npm run deploy -- --environment preview`/),
        specs: [{ variable: 'NO' }],
      },
    ])
    await here.healthy()
  })

  test('that is absent is reported as not deployed; where the API server refuses it, as that', async () => {
    const ref = here.externalSecret(mailer)
    const { chart, values } = await chartOf(unprotected)
    // Of another release: the rest of it is not in the cluster.
    const all = await manifestsOf(helm4, chart, values('preview'))
    const rendered = all.filter(({ kind }) => kind === 'ExternalSecret')
    const render = async () => ({ value: rendered })
    await here.client.delete(kinds.externalSecret, ref)
    await eventually(
      () => here.client.get(kinds.externalSecret, ref),
      (found) => found === undefined,
    )
    expect(await here.cause({ render })).toMatchObject({
      code: 'NOT_DEPLOYED',
      where: 'ExternalSecret/bookshop-mailer/mailer-secrets',
      message: 'does not exist. Expected what the chart renders.',
    })
    let allow = async () => {}
    const cause = await causeOf(
      async () => {
        allow = await forbid(here.client, {
          name: 'no-external-secrets',
          resource: 'externalsecrets.external-secrets.io',
          operation: 'CREATE',
          except: "object.metadata.namespace != 'bookshop-mailer'",
          message: 'ask the platform team',
        })
        await eventually(
          async () => (await here.diagnose({ render })).causes[0]?.code,
          (code) => code === 'ADMISSION_REFUSES',
        )
      },
      () => allow(),
      { render },
    )
    expect(cause).toMatchObject({ code: 'ADMISSION_REFUSES', where: 'ExternalSecret/bookshop-mailer/mailer-secrets' })
    expect(cause.message).toContain(
      `'no-external-secrets' with binding 'no-external-secrets' denied request: ask the platform team`,
    )
    expect(await here.client.get(kinds.externalSecret, ref)).toBeUndefined()
    await eventually(
      async () => (await here.diagnose({ render })).causes[0]?.code,
      (code) => code === 'NOT_DEPLOYED',
    )
    await here.world.install()
    await here.world.sync()
    await here.healthy()
  })
})

test('no value and no key is in anything that was shown', () => expect(here.leaked()).toEqual([]))
