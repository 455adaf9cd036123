import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DraftFiles, draftFiles } from '../../inspect/import/draft-text.ts'
import { importReport } from '../../inspect/import/import-report.ts'
import { namedTiers, prepareDraft } from '../../inspect/import/prepare-draft.ts'
import { namedInput, readInputs } from '../../inspect/inputs/read-inputs.ts'
import type { CommandIo } from '../../lib/command.ts'
import type { Printable } from '../../lib/printable.ts'
import type { Problem } from '../../lib/problems.ts'
import type { Application } from '../../model/types.ts'
import { loadApplication } from '../../session/application.ts'

/** The data files that `import` would write, and what they say. */
export interface DraftedApplication {
  readonly files: DraftFiles
  readonly application: Application
  /** Where each name came from, and what is guessed. */
  readonly report: Printable
  /** Of files that were not read. */
  readonly refusals: readonly Problem[]
}

/** What `init` is told of manifests that are there already. */
export interface DraftChoices {
  readonly from: readonly string[]
  readonly application: string | undefined
  /** `frontend=ui,admin`, as `import --tier` takes them. */
  readonly tiers: readonly string[]
  /** The command that names other tiers. */
  readonly withTiers: (tiers: readonly string[]) => string
}

/** @throws ProblemError as `import` does */
export async function draftApplication(choices: DraftChoices, io: CommandIo): Promise<DraftedApplication> {
  const tiers = namedTiers(choices.tiers)
  const sets = await readInputs(choices.from.map(namedInput), io)
  const { application, withTiers } = choices
  const draft = prepareDraft(sets, { application, tiers, withTiers })
  const files = draftFiles(draft, 'tiered-secrets')
  const refusals = sets.flatMap(({ inputs }) => inputs.refusals)
  return { files, application: await load(files), report: importReport(draft), refusals }
}

// --- internal ---

/** What the texts mean, as every other command will read them. There is no value of a secret in them. */
async function load(files: DraftFiles): Promise<Application> {
  const folder = await mkdtemp(join(tmpdir(), 'tiered-secrets-draft-'))
  try {
    await mkdir(join(folder, 'scripts'))
    for (const name of ['environments', 'catalogue'] as const)
      await writeFile(join(folder, `scripts/${name}.ts`), files[name])
    return await loadApplication({ userFolder: folder })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
