import { expect, test } from 'vitest'
import { loadApplication, loadEnvironment } from '../../../scripts/session/application.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { root } from '../../helpers/generating.ts'
import { problemOf } from '../../helpers/problems.ts'

test("the data files are those of the user's folder", async () => {
  const { environments } = await loadApplication({ userFolder: root })
  const [first = ''] = Object.keys(environments)
  expect((await loadEnvironment({ userFolder: root })).environment).toBe(first)
  const userFolder = await temporaryFolder()
  expect(await problemOf(loadEnvironment({ userFolder }))).toMatchObject({
    code: 'CATALOGUE_UNREADABLE',
    message: expect.stringContaining(`there is no scripts/catalogue.ts in ${userFolder}`),
  })
})
