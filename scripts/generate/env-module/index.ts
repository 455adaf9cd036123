import { envModulePlaces } from '../../model/env-modules.ts'
import type { Application } from '../../model/types.ts'
import type { GeneratedFile } from '../stale-files.ts'
import { environmentSchema, jsonSchemaHeader } from './environment-schema.ts'
import { moduleHeader, typescriptModule } from './typescript.ts'
import { type Program, variablesOf } from './variables.ts'

/** What a program can be given. */
export type ModuleLanguage = 'typescript' | 'json-schema'

/** The module of a program: nothing in it comes from another tier, nor from what it does not read. */
export function envModule(application: Application, program: Program, language: ModuleLanguage): string {
  const variables = variablesOf(application, program)
  return language === 'typescript' ? typescriptModule(variables) : environmentSchema(variables)
}

/** The modules of the tiers and workloads that say where theirs belongs. */
export function envModuleFiles(application: Application): GeneratedFile[] {
  return envModulePlaces(application.catalogue).map(({ path, ...program }) => {
    const language = path.endsWith('.json') ? 'json-schema' : 'typescript'
    const header = language === 'typescript' ? moduleHeader : jsonSchemaHeader
    return { path, content: envModule(application, program, language), header }
  })
}
