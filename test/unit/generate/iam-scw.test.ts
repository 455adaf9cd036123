import { expect, test } from 'vitest'
import { iamScwScript } from '../../../scripts/generate/iam-scw.ts'
import { tryRun } from '../../../scripts/lib/exec.ts'
import { iamPlan } from '../../../scripts/model/iam.ts'
import { resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'

const plans = [bookshop, trackdechets].flatMap(resolveAll).map(iamPlan)

test('is a shell script without a mistake, for every environment', async () => {
  for (const plan of plans)
    expect(await tryRun('sh', ['-n'], { input: iamScwScript(plan) })).toMatchObject({ exitCode: 0, stderr: '' })
})

test('names the organization in each command that takes one, where the environment has one', () => {
  const live = iamPlan(resolve(bookshop, 'live'))
  const lines = iamScwScript(live).replaceAll(' \\\n', ' ').split('\n')
  const commands = lines.filter((line) => /scw iam (application|policy|api-key) (list|create) .*-o /.test(line))
  const withOrganization = commands.filter((command) => command.includes(`organization-id=${live.organizationId}`))
  // Four for each tier, and the list and the creation of keys.
  expect(commands).toHaveLength(4 * live.tiers.length + 2)
  // A key belongs to the organization of its application: `api-key create` takes none.
  expect(commands.length - withOrganization.length).toBe(1)
  expect(iamScwScript(iamPlan(resolve(bookshop, 'preview')))).not.toContain('organization-id=')
})

test('gives each condition to one argument, whatever the shell would make of it', () => {
  const script = iamScwScript(iamPlan(resolve(bookshop, 'preview')))
  expect(script).toContain(`rules.0.condition='resource.name.startsWith("/bookshop-orders/") || !has(resource.id)'`)
  expect(script).toContain(`rules.1.condition='resource.name.startsWith("/bookshop-orders/")'`)
})

test('quotes names and descriptions with anything in them', async () => {
  const plan = iamPlan(resolve(bookshop, 'preview'))
  const name = `it's $(touch x) \`y\` "z"`
  const tiers = plan.tiers.map((tier) => ({ ...tier, name, description: name }))
  const [line = ''] = /scw iam application create .*$/m.exec(iamScwScript({ ...plan, tiers })) ?? []
  const words = line.replace(/\\$/, '').replace('scw', "printf '%s\\n'")
  const { stdout } = await tryRun('sh', [], { input: words })
  expect(stdout.split('\n')).toEqual(['iam', 'application', 'create', `name=${name}`, `description=${name}`])
})

test('keeps no secret key: it is in a pipe and nowhere else', () => {
  for (const script of plans.map(iamScwScript)) {
    expect(script).not.toMatch(/secret_key|SecretKey/)
    const creations = script.match(/scw iam api-key create[\s\S]*?-o json \|\n {4}npm run --silent credentials/g) ?? []
    expect(creations).toHaveLength(script.match(/scw iam api-key create/g)?.length ?? -1)
  }
})
