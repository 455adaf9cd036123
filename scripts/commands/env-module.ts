import { envModule, type ModuleLanguage } from '../generate/env-module/index.ts'
import { defineCommand } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import { checkApplication } from '../model/rules/index.ts'
import { loadApplication } from '../session/application.ts'

interface Options {
  readonly tier: string
  readonly language: ModuleLanguage
}

export const command = defineCommand<Options>({
  name: 'env-module',
  summary: "Prints a module with which a tier's programs read and check their variables.",
  example: `${pipedCommandLine`env-module --tier backend`} > environment.ts`,
  options: [
    { flags: '--tier <name>', description: 'a tier of scripts/catalogue.ts', required: true },
    {
      flags: '--language <name>',
      description: 'a TypeScript module, or a JSON Schema for other languages',
      choices: ['typescript', 'json-schema'] satisfies ModuleLanguage[],
      default: 'typescript',
    },
  ],
  async run({ tier, language }, io) {
    const application = await loadApplication(io)
    const problems = checkApplication(application).filter(isError)
    if (problems.length > 0) throw new ProblemError(problems)
    const tiers = Object.keys(application.catalogue.tiers).map((name) => ({ name }))
    io.out(document(envModule(application, findTier({ tiers }, tier).name, language)))
    return exitCodes.ok
  },
})
