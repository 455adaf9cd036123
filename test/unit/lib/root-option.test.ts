import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseUserFolder, commandFirst, rootOf } from '../../../scripts/lib/root-option.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

test.each([
  ['status --root a', 'status --root a', 'a'],
  ['--root a status -e x', 'status --root a -e x', 'a'],
  ['--root=a status', 'status --root=a', 'a'],
  ['status', 'status', undefined],
  ['--root a', '--root a', 'a'],
  ['status --root', 'status --root', undefined],
  ['status --root=', 'status --root=', undefined],
  ['status -- --root a', 'status -- --root a', undefined],
  ['--help', '--help', undefined],
])('"%s" is the command "%s", for the application %s', (typed, first, root) => {
  expect([commandFirst(typed.split(' ')).join(' '), rootOf(typed.split(' '))]).toEqual([first, root])
})

test('the folder is the named one from where the user stands; else the nearest above, or above the script of another repository', async () => {
  const top = await temporaryFolder()
  const [app, inside] = [join(top, 'apps/shop'), join(top, 'apps/shop/values')]
  for (const folder of [inside, join(app, 'scripts')]) await mkdir(folder, { recursive: true })
  await writeFile(join(app, 'scripts/catalogue.mjs'), '')
  expect(chooseUserFolder('../kiosk', app, top)).toBe(join(top, 'apps/kiosk'))
  // npm runs a script where `package.json` is.
  expect(chooseUserFolder(undefined, inside, top)).toBe(app)
  expect(chooseUserFolder(undefined, top, app)).toBe(app)
  expect(chooseUserFolder(undefined, '/elsewhere', inside)).toBe(app)
  expect(chooseUserFolder(undefined, top, top)).toBe(top)
})
