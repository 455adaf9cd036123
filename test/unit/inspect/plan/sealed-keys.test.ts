import { expect, test } from 'vitest'
import { planObjects } from '../../../../scripts/inspect/plan/plan-objects.ts'
import type { Kind, KubernetesObject } from '../../../../scripts/kubernetes/kinds.ts'

const metadata = { namespace: 'shop-api', name: 'scw-api-credentials' }
const sealed = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata }

test('a sealed key that would not be used is a problem of the plan, beside the object that is added', async () => {
  const planned = async (annotations: Readonly<Record<string, string>>) => {
    const there: Readonly<Record<string, KubernetesObject>> = {
      Namespace: { metadata: { name: 'shop' } },
      Secret: { metadata: { ...metadata, annotations } },
    }
    const client = { get: async ({ kind }: Kind) => there[kind], tryApply: async () => sealed }
    const model = { release: { namespace: 'shop' } } as never
    return planObjects({ client: client as never, model, manifests: [sealed], signal: undefined, mayBeReader: false })
  }
  const { changes, problems } = await planned({})
  expect(changes).toMatchObject([{ kind: 'SealedSecret', action: 'add' }])
  expect(problems).toMatchObject([{ code: 'SEALED_KEY_UNUSED' }])
  expect(await planned({ 'sealedsecrets.bitnami.com/managed': 'true' })).toMatchObject({ problems: [] })
})
