import { writtenCommandLine } from '../lib/command-line.ts'

/** How each of our YAML files begins, whatever the command is that writes it. */
export const yamlHeaderStart = '# Generated from scripts/catalogue.ts and scripts/environments.ts by '

/** The first line of a generated YAML file, about its origin. */
export function yamlHeader(): string {
  return `${yamlHeaderStart}\`${writtenCommandLine`gen-values`}\`. Do not edit.\n`
}
