import { beforeAll, expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { folderWith, type Repository } from '../helpers/repository.ts'

let user: Repository
beforeAll(async () => {
  user = await folderWith(trackdechets)
})

test.each([
  ['ends the program', 'process.exit(0)', /^this command: was ended before it had done its work.*\(ENDED_EARLY\)$/s],
  ['waits for what never comes', 'await new Promise(() => {})', /\(ENDED_EARLY\)$/],
  ['throws', "throw new Error('boom')", /can't be loaded: boom, in line 1\..*\(CATALOGUE_UNREADABLE\)$/s],
  ['imports what is not there', "import './helper.mjs'", /imports \.\/helper\.mjs, which is not there/],
  ['exports nothing', 'export const x = 1', /has no default export/],
])('a catalogue that %s is reported in a sentence, and nothing is written', async (_title, text, told) => {
  const [catalogue, values] = ['scripts/catalogue.mjs', 'values/production.yaml']
  await user.write(catalogue, `${text}\n`)
  await user.write(values, 'old\n')
  // A process of its own: that it ends is what is tested.
  const { exitCode, stdout, stderr } = await tryRun(process.execPath, [...user.program, 'gen-values'], {
    cwd: user.folder,
  })
  expect([exitCode, stdout, stderr]).toEqual([3, '', expect.stringMatching(told)])
  expect(stderr).not.toMatch(/^ +at |node:internal/m)
  expect(await user.read(values)).toBe('old\n')
})

test('a result has nothing in it that data files print', async () => {
  const printing = await folderWith(trackdechets)
  await printing.edit('scripts/catalogue.mjs', 'export default', "console.log('noise')\nexport default")
  const { stdout, stderr } = await tryRun(
    process.execPath,
    [...printing.program, 'iam', '--environment', 'recette', '--format', 'json'],
    { cwd: printing.folder },
  )
  expect([JSON.parse(stdout), stderr]).toEqual([expect.any(Object), expect.stringContaining('noise')])
})
