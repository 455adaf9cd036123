import { expect, test } from 'vitest'
import { type CommandSpec, environmentOption, outputOption } from '../../../scripts/lib/command.ts'
import { candidates, type NameKind } from '../../../scripts/lib/completion.ts'

const spec = (fields: Partial<CommandSpec<unknown>>): CommandSpec<unknown> => ({
  name: 'x',
  summary: 'X.',
  example: '',
  options: [],
  run: async () => 0,
  ...fields,
})

const specs = [
  spec({ name: 'status', options: [environmentOption, { flags: '--tier <name>', description: 'one' }, outputOption] }),
  spec({ name: 'start', options: [{ flags: '--without <name...>', description: 'some' }, outputOption] }),
  spec({ name: 'fill', options: [{ flags: '--from <file>', description: 'file', isRepeatable: true }] }),
  spec({ name: 'rotate', argument: { name: 'secret', description: 'which' }, options: [environmentOption] }),
  spec({ name: 'lint:chart' }),
]
const commands = {
  titles: async () => specs,
  load: async (name: string) => specs.find((one) => one.name === name),
}
const names: Readonly<Record<NameKind, readonly string[]>> = {
  applications: ['apps/kiosk', 'apps/shop'],
  environments: ['recette', 'production'],
  tiers: ['frontend', 'backend'],
  variables: ['DATABASE_URL'],
  'remote secrets': ['database-url', 's3'],
  secrets: ['backend.DATABASE_URL'],
}

test.each([
  ['tiered-secrets ', ['status', 'start', 'fill', 'rotate', 'lint:chart']],
  ['tiered-secrets st', ['status', 'start']],
  ['npx --offline tiered-secrets lint:c', ['lint:chart']],
  ['node_modules/.bin/tiered-secrets fi', ['fill']],
  ['tiered-secrets status ', ['--environment', '--tier', '--output', '--root']],
  ['tiered-secrets status --environment recette --o', ['--output']],
  ['tiered-secrets status -e recette ', ['--tier', '--output', '--root']],
  ['tiered-secrets status --output=json ', ['--environment', '--tier', '--root']],
  ['tiered-secrets status --environment ', ['recette', 'production']],
  ['tiered-secrets status -e p', ['production']],
  ['tiered-secrets status --environment=re', ['--environment=recette']],
  ['tiered-secrets status --output ', ['table', 'json']],
  ['tiered-secrets status --tier b', ['backend']],
  ['tiered-secrets start --without s3 d', ['database-url']],
  ['tiered-secrets start --without s3 --', ['--output', '--root']],
  ['tiered-secrets fill --from ', []],
  ['tiered-secrets fill --from x --', ['--from', '--root']],
  ['tiered-secrets rotate ', ['backend.DATABASE_URL', '--environment', '--root']],
  ['tiered-secrets rotate -e recette backend.', ['backend.DATABASE_URL']],
  ['tiered-secrets nowhere ', []],
  ['tiered-secrets status --root ', ['apps/kiosk', 'apps/shop']],
  ['tiered-secrets status --root=apps/s', ['--root=apps/shop']],
  ['tiered-secrets --root apps/k', ['apps/kiosk']],
  ['tiered-secrets --root=apps/k', ['--root=apps/kiosk']],
  ['tiered-secrets --ro', []],
  ['tiered-secrets --root apps/shop fi', ['fill']],
  ['tiered-secrets --root apps/shop status -e p', ['production']],
])('"%s" is completed', async (line, expected) => {
  const found = await candidates(line, commands, async (kind) => names[kind])
  expect(found.map(({ text }) => text)).toEqual(expected)
})

test.each([
  ['tiered-secrets --root apps/shop status -e ', 'apps/shop'],
  ['tiered-secrets status --root=apps/shop -e ', 'apps/shop'],
  ['tiered-secrets status -e ', undefined],
])('names are of the application that the line is for: "%s"', async (line, root) => {
  const asked: unknown[] = []
  await candidates(line, commands, async (kind, of) => {
    asked.push([kind, of])
    return []
  })
  expect(asked).toEqual([['environments', root]])
})
