import { checkSealingCertificate, seal } from '../../cluster/seal.ts'
import { type CommandIo, wrongUsage } from '../../lib/command.ts'
import { readIfExists } from '../../lib/files.ts'
import { document, jsonDocument } from '../../lib/printable.ts'
import { formatProblems, ProblemError } from '../../lib/problems.ts'
import { toYaml } from '../../lib/yaml.ts'
import { credentialKeys } from '../../model/names.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { KeyPair } from '../../scaleway/api-key.ts'

/**
 * The certificate of the controller, from a file of PEM text.
 *
 * @throws ProblemError when there is no such file, or the certificate can't be used
 */
export async function readCertificate(path: string, { tell }: Pick<CommandIo, 'tell'>): Promise<string> {
  const text = await readIfExists(path)
  if (text === undefined)
    throw wrongUsage('credentials', `--seal ${path}`, 'there is no such file. Expected a certificate in PEM form.')
  const problems = checkSealingCertificate(text, { where: path })
  if (problems.some(({ severity }) => severity !== 'warning')) throw new ProblemError(problems)
  if (problems.length > 0) tell(formatProblems(problems))
  return text
}

/** Prints a SealedSecret that holds a key, and how the chart brings it. */
export function printSealed(
  certificate: string,
  { environment }: Pick<EnvironmentModel, 'environment'>,
  { name, namespace, credentialsSecret }: TierModel,
  key: KeyPair,
  { output }: { readonly output: 'table' | 'json' },
  { out, log }: Pick<CommandIo, 'out' | 'log'>,
): void {
  const data = { [credentialKeys.accessKey]: key.accessKey, [credentialKeys.secretKey]: key.secretKey }
  const sealed = seal(certificate, { namespace, name: credentialsSecret }, data)
  out(output === 'json' ? jsonDocument(sealed) : document(toYaml(sealed)))
  const { encryptedData } = sealed.spec
  const half = (field: 'accessKey' | 'secretKey') => `${field}: '${encryptedData[credentialKeys[field]]}'`
  log(`To have the chart bring it, put this into environment "${environment}" of scripts/environments.ts:`)
  log(`  sealedCredentials: { ${name}: { ${half('accessKey')}, ${half('secretKey')} } },`)
}
