import { expect, test } from 'vitest'
import type { Facts } from '../../../../scripts/change/migration/gather-facts.ts'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import { switchStep } from '../../../../scripts/change/migration/steps/switch.ts'
import type { Kind } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

test('an Ingress that serves a certificate of the old Secret is one of its readers', async () => {
  const front = { metadata: { namespace: 'shop', name: 'front' }, spec: { tls: [{ secretName: 'shop-secrets' }] } }
  const list = async ({ kind }: Kind) => ({ items: kind === 'Ingress' ? [front] : [] })
  const context = {
    model: resolve(applicationWith({ secrets: [{}] }), 'dev'),
    legacy: { namespace: 'shop', name: 'shop-secrets' },
    client: { list, kindNamed: async () => undefined },
  } as unknown as MigrationContext
  const facts = { inventory: async () => ({}) } as unknown as Facts
  expect(await switchStep.look(context, facts, {} as never)).toMatchObject({
    state: 'blocked',
    note: '1 reader of the old Secret',
    problems: [
      {
        code: 'LEGACY_IN_USE',
        where: 'Ingress/shop/front',
        message: expect.stringMatching(/^reads Secret shop-secrets, and serves without its certificate once it is /),
      },
    ],
  })
})
