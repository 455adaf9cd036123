import { envModule, type ModuleLanguage } from '../generate/env-module/index.ts'
import { defineCommand } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { didYouMean } from '../lib/nearest.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import { checkApplication } from '../model/rules/index.ts'
import { loadApplication } from '../session/application.ts'

interface Options {
  readonly tier: string
  readonly workload?: string
  readonly language: ModuleLanguage
}

export const command = defineCommand<Options>({
  name: 'env-module',
  summary: "Prints a module with which a tier's programs, or one of them, read and check their variables.",
  example: `${pipedCommandLine`env-module --tier backend`} > environment.ts`,
  options: [
    { flags: '--tier <name>', description: 'a tier of scripts/catalogue.ts', required: true },
    { flags: '--workload <name>', description: 'one of its workloads: the variables that this one reads' },
    {
      flags: '--language <name>',
      description: 'a TypeScript module, or a JSON Schema for other languages',
      choices: ['typescript', 'json-schema'] satisfies ModuleLanguage[],
      default: 'typescript',
    },
  ],
  async run({ tier: wanted, workload, language }, io) {
    const application = await loadApplication(io)
    const problems = checkApplication(application).filter(isError)
    if (problems.length > 0) throw new ProblemError(problems)
    const tiers = Object.entries(application.catalogue.tiers).map(([name, { workloads }]) => ({ name, workloads }))
    const tier = findTier({ tiers }, wanted)
    if (workload !== undefined) refuseUnknownWorkload(tier, workload)
    io.out(document(envModule(application, { tier: tier.name, workload }, language)))
    return exitCodes.ok
  },
})

// --- internal ---

interface Tier {
  readonly name: string
  readonly workloads: object
}

/** @throws ProblemError `WRONG_USAGE` */
function refuseUnknownWorkload({ name, workloads }: Tier, wanted: string): void {
  const known = Object.keys(workloads)
  if (known.includes(wanted)) return
  const expected = known.length === 0 ? `none: tier "${name}" has no workload` : `one of: ${known.join(', ')}`
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: `--workload ${wanted}`,
      message: `tier "${name}" has no such workload.${didYouMean(wanted, known)} Expected ${expected}.`,
      fix: known.length === 0 ? 'Leave out --workload.' : 'Correct the name of the workload.',
    },
    exitCodes.usage,
  )
}
