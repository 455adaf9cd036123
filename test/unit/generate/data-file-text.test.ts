import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newApplication } from '../../../scripts/change/init/new-application.ts'
import { catalogueText, environmentsText } from '../../../scripts/generate/data-file-text.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { loadApplication } from '../../../scripts/session/application.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

const begun = newApplication({ application: 'shop', tiers: ['web', 'back-office'], environments: ['test', 'live'] })
const odd: Application = {
  ...begun,
  catalogue: { ...begun.catalogue, owner: `it's "quoted" \\ and\n\`\${broken}\` é\u2028` },
}

test.each([
  ['what init begins with', begun],
  ['signs of every kind', odd],
  ['bookshop', bookshop],
  ['trackdechets', trackdechets],
])('the text of a data file is loaded as what it was made of: %s', async (_title, application) => {
  const userFolder = await temporaryFolder()
  await mkdir(join(userFolder, 'scripts'))
  await writeFile(join(userFolder, 'scripts/catalogue.ts'), catalogueText(application.catalogue))
  await writeFile(join(userFolder, 'scripts/environments.ts'), environmentsText(application.environments))
  expect(await loadApplication({ userFolder })).toEqual(JSON.parse(JSON.stringify(application)))
})

test('what init begins with has no fault', () => {
  expect(checkApplication(begun)).toEqual([])
})
