import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onlyScaleway } from '../../../../scripts/local/toolchain/go.ts'
import { satisfies } from '../../../../scripts/local/toolchain/pinned-versions.ts'
import { type RecipeName, readRecipe, recipes } from '../../../../scripts/local/toolchain/recipes.ts'
import type { ToolSpec } from '../../../../scripts/local/toolchain/tool-spec.ts'
import { commandTools, toolNames, tools } from '../../../../scripts/local/toolchain/tools.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { productFolder as root } from '../../../helpers/generating.ts'
import { problemOf } from '../../../helpers/problems.ts'

test.each(Object.keys(recipes) as RecipeName[])('the committed pins of %s name its version', async (name) => {
  const recipe = await readRecipe(name, root)
  expect(recipe.version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(recipe.key).toContain(`${name}-${recipe.version}-${process.platform}-${process.arch}-`)
})

test.each(toolNames)(
  'the pinned version of %s is one of those that count as tested, which are supported',
  async (name) => {
    const spec: ToolSpec = tools[name]
    const recipe = await readRecipe(spec.recipe, root)
    for (const range of [spec.tested, spec.supported]) {
      if (range !== undefined) expect(satisfies(recipe.pins.get(name) ?? recipe.version, range)).toBe(true)
    }
  },
)

test('two recipes of the same pins have folders of their own in the cache', async () => {
  const keys = await Promise.all((Object.keys(recipes) as RecipeName[]).map((name) => readRecipe(name, root)))
  expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length)
})

test('the key changes when a checksum does, and not when an unrelated file appears', async () => {
  const copy = await temporaryFolder()
  const folder = join(copy, 'scripts/local/toolchain/go/etcd')
  await mkdir(folder, { recursive: true })
  await cp(join(root, 'scripts/local/toolchain/go/etcd'), folder, { recursive: true })
  const { key } = await readRecipe('etcd', root)
  await writeFile(join(folder, '.DS_Store'), 'x')
  expect((await readRecipe('etcd', copy)).key).toBe(key)
  await writeFile(join(folder, 'go.sum'), 'another checksum')
  expect((await readRecipe('etcd', copy)).key).not.toBe(key)
})

test('pins that lost their module are named, with the way to get them back', async () => {
  const copy = await temporaryFolder()
  const folder = join(copy, 'scripts/local/toolchain/go/etcd')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'go.mod'), 'module x\n')
  const problem = await problemOf(readRecipe('etcd', copy))
  expect(problem).toMatchObject({ code: 'TOOLCHAIN_DAMAGED', where: folder, exitCode: 5 })
  expect(problem.message).toContain('go.etcd.io/etcd/server/v3')
})

test('the operator keeps the Scaleway provider and no other', () => {
  const source = [
    'import (',
    '\t// To ensure all providers are registered, we import them here.',
    '\t_ "github.com/external-secrets/external-secrets/pkg/provider/pulumi"',
    '\t_ "github.com/external-secrets/external-secrets/pkg/provider/scaleway"',
    '\t_ "github.com/external-secrets/external-secrets/pkg/provider/yandex/lockbox"',
    ')',
  ]
  expect(onlyScaleway(source.join('\n')).split('\n')).toEqual([source[0], source[1], source[3], source[5]])
})

test('what only the tests use is found by no command, and not built for their users', async () => {
  const forTests = toolNames.filter((name) => !commandTools.includes(name))
  expect(forTests).toEqual([
    'helm3',
    'external-secrets-vulnerable',
    'unseal',
    'hclcheck',
    'fluxhealth',
    'actionlint',
    'luacheck',
    'registry',
    'scw',
    'scaleway-python',
  ])
  const sources = (await readdir('scripts', { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !path.startsWith(join('local', 'toolchain')),
  )
  const texts = await Promise.all(sources.map((path) => readFile(join('scripts', path), 'utf8')))
  const calls = texts.join('\n').match(/\bfind(?:Tools?|Present)\([^)]*\)/g) ?? []
  expect(calls.length).toBeGreaterThan(8)
  expect(forTests.filter((name) => calls.some((call) => call.includes(`'${name}'`)))).toEqual([])
})
