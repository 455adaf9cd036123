/** Commands about the product's own repository, which the package lacks: they need its sources. */
export const ofProductRepository: readonly string[] = ['bench', 'pins', 'vendor-schemas']

/** Commands that are typed where no script can be: before there are any, and by a shell. */
export const withoutScript: readonly string[] = ['init', 'completion']

/** Commands that open the cluster of an environment, or print others that do: they have `--context`. */
export const takingContext: readonly string[] = [
  'audit',
  'credentials',
  'deploy',
  'doctor',
  'fill',
  'iam',
  'import',
  'migrate',
  'network',
  'plan',
  'restart',
  'rotate',
  'status',
  'wait',
]

/** Commands that are the same for every application. */
export const withoutApplication: readonly string[] = ['completion', 'emulate', 'help', 'setup', ...ofProductRepository]
