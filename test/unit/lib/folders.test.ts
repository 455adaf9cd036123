import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { applicationsAround, dataFile, findProductFolder, findUserFolder } from '../../../scripts/lib/folders.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { root } from '../../helpers/generating.ts'

async function write(folder: string, path: string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '{}')
  return file
}

test("a source and what it is compiled to belong to the package's folder, and nothing of the user's", async () => {
  expect(findProductFolder(join(root, 'scripts/cli.ts'))).toBe(root)
  const user = await temporaryFolder()
  await write(user, 'package.json')
  const product = join(user, 'node_modules/tiered-secrets')
  await write(product, 'package.json')
  expect(findProductFolder(await write(product, 'dist/scripts/cli.js'))).toBe(product)
})

test("the user's folder is the one with data files that they stand in, at any depth", async () => {
  const user = await temporaryFolder()
  const deep = join(user, 'values/more')
  expect(findUserFolder(deep)).toBe(deep)
  expect(dataFile(user, 'catalogue')).toBeUndefined()
  const plain = await write(user, 'scripts/catalogue.mjs')
  expect(findUserFolder(deep)).toBe(user)
  expect(findUserFolder(user)).toBe(user)
  expect(dataFile(user, 'catalogue')).toBe(plain)
  const typed = await write(user, 'scripts/catalogue.ts')
  expect(dataFile(user, 'catalogue')).toBe(typed)
})

test('applications around a folder are those of its repository, whatever lies in packages and hidden folders', async () => {
  const top = await temporaryFolder()
  await write(top, 'package.json')
  for (const path of ['apps/shop', 'teams/pay/apps/kiosk', 'node_modules/other', '.cache/old', 'a/b/c/d/e'])
    await write(top, `${path}/scripts/catalogue.ts`)
  const found = [join(top, 'apps/shop'), join(top, 'teams/pay/apps/kiosk')]
  for (const place of ['.', 'docs/not/there', 'apps', 'apps/shpo'])
    expect(applicationsAround(join(top, place))).toEqual(found)
})
