import { expect, test } from 'vitest'
import type { Facts } from '../../../../scripts/change/migration/gather-facts.ts'
import { takeInventory } from '../../../../scripts/change/migration/key-inventory.ts'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import { inventoryStep } from '../../../../scripts/change/migration/steps/inventory.ts'
import { fillEntries } from '../../../../scripts/model/fill-entries.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { planFill } from '../../../../scripts/payload/fill-plan.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'KEY', irreplaceable: 'it encrypts rows' },
      { variable: 'KEY', tier: 'web', sameAs: 'api.KEY' },
    ],
  }),
  'dev',
)

/** The fixes that are told where Scaleway and the old Secret differ. */
async function fixes(key: string) {
  const legacy = { namespace: 'shop', name: 'old' }
  const given = { assign: new Map([[key, ['api.KEY', 'web.KEY']]]), leave: [] }
  const data = { [key]: Buffer.from('of the old Secret').toString('base64') }
  const inventory = takeInventory({ model, legacy, data, otherKeys: [], given, noted: { assign: {}, leave: [] } })
  const scope = fillEntries(model)
  const current = { revision: 1, payload: Buffer.from('of Scaleway') }
  const versions = [{ revision: 1, status: 'enabled' }]
  const found = { id: 'x', type: 'opaque', isEphemeral: false, isLocked: false, versions, versionCount: 1, current }
  const options = { replace: true, disablePrevious: false, prune: false, chosen: false }
  const request = { scope, values: inventory.values, options }
  const plan = planFill(request, new Map(scope.map(({ remote }) => [remote, found])))
  const facts = { inventory: async () => inventory, plan: async () => ({ ...plan, values: inventory.values }) }
  const context = { model, legacy, choices: { replace: true } }
  const { problems = [] } = await inventoryStep.look(
    context as MigrationContext,
    facts as unknown as Facts,
    undefined as never,
  )
  expect(problems.map(({ code }) => code)).toEqual(['IRREPLACEABLE', 'IRREPLACEABLE'])
  return problems.map(({ fix }) => fix)
}

test('what is irreplaceable is not replaced among other values: the fix is a command for it alone', async () => {
  const [api, web] = await fixes('KEY')
  const replace = '--replace --replace-irreplaceable api.KEY`'
  expect(api).toContain(`fill -- --environment dev --only api.KEY --from-secret shop/old ${replace}`)
  expect(web).toContain(`--only web.KEY --from-secret shop/old ${replace}`)
  const [other] = await fixes('OLD_KEY')
  expect(other).toContain(`--only api.KEY --from - ${replace}`)
})
