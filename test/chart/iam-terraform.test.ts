import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hclAttributes, hclLabel, hclString } from '../../scripts/generate/hcl.ts'
import { pipelineTerraform } from '../../scripts/generate/iam-pipeline.ts'
import { iamTerraform } from '../../scripts/generate/iam-terraform.ts'
import { type ExistingObjects, terraformImports } from '../../scripts/generate/terraform-imports.ts'
import { iamPlan, pipelineIamPlan } from '../../scripts/model/iam.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { applicationWith } from '../helpers/applications.ts'
import { type HclBlock, readHcl } from '../helpers/hcl.ts'

const models = [bookshop, trackdechets].flatMap(resolveAll)
const named = models.map((model) => [`${model.application} ${model.environment}`, model] as const)

const ofType = (blocks: readonly HclBlock[], type: string, label?: string) =>
  blocks.filter((block) => block.type === type && (label === undefined || block.labels[0] === label))

test.each(named)('%s: is valid HCL, formatted as `terraform fmt` would', async (_, model) => {
  for (const text of [iamTerraform(iamPlan(model), model), pipelineTerraform(pipelineIamPlan(model))]) {
    const { problems, formatted } = await readHcl(text)
    expect(problems).toEqual([])
    expect(formatted).toBe(text)
  }
})

test.each(named)('%s: has the applications, policies and rules of the plan, and no others', async (_, model) => {
  const plan = iamPlan(model)
  const { blocks } = await readHcl(iamTerraform(plan, model))
  const organization = plan.organizationId === undefined ? {} : { organization_id: plan.organizationId }
  const labels = plan.tiers.map(({ name, description }) => ({ name, description, ...organization }))
  expect(ofType(blocks, 'resource', 'scaleway_iam_application').map(({ constants }) => constants)).toEqual(labels)
  const policies = ofType(blocks, 'resource', 'scaleway_iam_policy')
  expect(policies.map(({ constants }) => constants)).toEqual(labels)
  expect(policies.map((policy) => policy.blocks.map(({ constants }) => constants))).toEqual(
    plan.tiers.map(({ rules }) =>
      rules.map(({ permissionSet, projectId, condition }) => ({
        project_ids: [projectId],
        permission_set_names: [permissionSet],
        ...(condition === undefined ? {} : { condition }),
      })),
    ),
  )
})

test.each(named)('%s: lists every remote secret with its project and type', async (_, model) => {
  const { blocks } = await readHcl(iamTerraform(iamPlan(model), model))
  const [locals] = ofType(blocks, 'locals')
  const expected = model.tiers.flatMap(({ projectId, remoteSecrets }) =>
    remoteSecrets.map(({ path, name, shape, optional }) => [
      `${path}/${name}`,
      { name, path, project_id: projectId, type: shape === 'bundle' ? 'key_value' : 'opaque', optional },
    ]),
  )
  expect(locals?.constants.remote_secrets).toEqual(Object.fromEntries(expected))
  expect(expected.length).toBeGreaterThan(5)
})

test('no value and no key can land in the state', async () => {
  const model = resolve(bookshop, 'live')
  const text = iamTerraform(iamPlan(model), model)
  const { blocks } = await readHcl(text)
  expect(ofType(blocks, 'resource', 'scaleway_iam_api_key')).toEqual([])
  expect(text).toContain('npm run --silent iam -- --environment live --format scw > iam.sh && sh iam.sh')
  const [version] = ofType(blocks, 'resource', 'scaleway_secret_version')
  expect(version?.attributes).toEqual(expect.arrayContaining(['data_wo', 'data_wo_version']))
  expect(version?.attributes).not.toContain('data')
  const [values] = ofType(blocks, 'variable', 'secret_values')
  expect(values?.constants).toMatchObject({ ephemeral: true, sensitive: true })
  // A default would be a value in the file, and what reads it may not be ephemeral.
  expect(values?.attributes).not.toContain('default')
  expect(text.match(/var\.secret_values/g)).toHaveLength(1)
})

test('a new version is made before the one before it is deleted, and no plan deletes a remote secret', async () => {
  const model = resolve(bookshop, 'live')
  const { blocks } = await readHcl(iamTerraform(iamPlan(model), model))
  const lifecycleOf = (type: string) =>
    ofType(ofType(blocks, 'resource', type)[0]?.blocks ?? [], 'lifecycle').map(({ constants }) => constants)
  expect(lifecycleOf('scaleway_secret_version')).toEqual([{ create_before_destroy: true }])
  expect(lifecycleOf('scaleway_secret')).toEqual([{ prevent_destroy: true }])
})

test('a remote secret that `npm run fill` writes has no version here until it has a number', () => {
  const model = resolve(bookshop, 'live')
  const text = iamTerraform(iamPlan(model), model)
  expect(text).toContain('if !contains(var.filled_secrets, key) || contains(keys(var.secret_versions), key)')
  expect(text).toContain('--format terraform-imports > imports.tf')
})

describe('what exists already', () => {
  const model = resolve(bookshop, 'live')
  const plan = iamPlan(model)
  const importsOf = async (existing: Partial<ExistingObjects>) => {
    const none = { applications: new Map(), policies: new Map(), secrets: new Map() }
    const text = terraformImports(plan, model, { ...none, ...existing })
    const { problems, formatted, blocks } = await readHcl(text)
    expect({ problems, formatted }).toEqual({ problems: [], formatted: text })
    return { text, blocks: ofType(blocks, 'import') }
  }

  test('is imported under the addresses of the other file, and no version with it', async () => {
    const [tier] = model.tiers
    const [remote] = tier?.remoteSecrets ?? []
    const key = `${remote?.path}/${remote?.name}`
    const { text, blocks } = await importsOf({
      applications: new Map([[tier?.name ?? '', 'app-id']]),
      policies: new Map([[tier?.name ?? '', 'policy-id']]),
      secrets: new Map([[key, { id: 'secret-id', isFilled: true }]]),
    })
    expect(blocks.map(({ constants }) => constants.id)).toEqual(['app-id', 'policy-id', `${model.region}/secret-id`])
    expect(text).toContain(`to = scaleway_iam_application.${tier?.name}\n`)
    expect(text).toContain(`to = scaleway_secret.remote["${key}"]\n`)
    expect(text).toContain(`# filled_secrets = [\n#   "${key}",\n# ]\n`)
    expect(text).not.toContain('scaleway_secret_version')
  })

  test('of an optional remote secret is reported with the variable that its import needs', async () => {
    const optional = model.tiers.flatMap((tier) => tier.remoteSecrets).find((remote) => remote.optional)
    const key = `${optional?.path}/${optional?.name}`
    const { text } = await importsOf({ secrets: new Map([[key, { id: 'x', isFilled: false }]]) })
    expect(text).toContain(`# optional_secrets = [\n#   "${key}",\n# ]\n`)
    expect(text).not.toContain('filled_secrets')
  })

  test('is nothing in an empty account', async () => {
    const { text, blocks } = await importsOf({})
    expect([blocks, text.includes('nothing is to be imported')]).toEqual([[], true])
  })
})

test('names the provider and the version that knows write-only arguments', async () => {
  const model = resolve(bookshop, 'preview')
  const { blocks } = await readHcl(iamTerraform(iamPlan(model), model))
  const [terraform] = ofType(blocks, 'terraform')
  expect(terraform?.constants).toEqual({ required_version: '>= 1.11' })
  expect(terraform?.blocks[0]?.constants).toEqual({
    scaleway: { source: 'scaleway/scaleway', version: '~> 2.81' },
  })
})

test('an application without remote secrets is valid too', async () => {
  const model = resolve(applicationWith(), 'dev')
  const text = iamTerraform(iamPlan(model), model)
  expect(await readHcl(text)).toMatchObject({ problems: [], formatted: text })
})

test('says that the ids of an example environment are to be filled in', () => {
  const [recette] = resolveAll(trackdechets).filter(({ environment }) => environment === 'recette')
  if (!recette) throw new Error('no recette')
  expect(iamTerraform(iamPlan({ ...recette, example: true }), recette)).toContain('are examples')
  expect(iamTerraform(iamPlan({ ...recette, example: false }), recette)).not.toContain('are examples')
})

test('a quoted string means the same text, whatever is in it', async () => {
  const characters = [
    '$',
    '%',
    '{',
    '}',
    '"',
    '\\',
    '\n',
    '\r',
    '\t',
    '~',
    '\u0000',
    '\u0085',
    '\u2028',
    'é',
    '😀',
    'a',
  ]
  const texts = fc.array(fc.constantFrom(...characters), { maxLength: 12 }).map((list) => list.join(''))
  const [list = []] = fc.sample(fc.array(texts, { minLength: 3000, maxLength: 3000 }), 1)
  const all = [...list, '\u0024{a}', '%{if a}', '$\u0024{a}', '$$\u0024{a}', '%%{', '$"{', 'C:\\new']
  const { values } = await readHcl('', all.map(hclString))
  // HCL normalises to NFC; none of these characters composes.
  expect(values).toEqual(all)
})

test('attributes are aligned as `terraform fmt` does, for any names and values', async () => {
  const name = fc.stringMatching(/^[a-z][a-z_]{0,12}$/)
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }))
  const blocks = fc.sample(fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 }), 200)
  const text = blocks.map((one, index) => `resource "x" "r${index}" {\n${hclAttributes(one)}}\n`).join('\n')
  expect(await readHcl(text)).toMatchObject({ problems: [], formatted: text })
})

test('a label begins with a letter or an underscore, and has nothing but letters, digits, - and _', () => {
  expect(['front-end', '2nd', 'a.b', 'größe'].map(hclLabel)).toEqual(['front-end', '_2nd', 'a_b', 'gr__e'])
})
