import type { ReadsSpec } from '../../../scripts/model/types.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tiers = (reads: ReadsSpec) => ({
  tiers: {
    web: { description: 'What the browser gets', workloads: {}, targets: { front: {} } },
    api: {
      description: 'What only we run',
      workloads: { server: { kind: 'Deployment', reads } },
      targets: { jobs: {} },
    },
  } as const,
  secrets: [
    { tier: 'web', variable: 'FRONT', target: 'front', identity: 'cdn' },
    { variable: 'TOKEN', identity: 'mail' },
    { variable: 'JOB', target: 'jobs' },
  ],
})

const where = 'catalogue tier "api" workload "server" reads'
const everything = { targets: ['main', 'jobs'], identities: ['mail'], variables: ['TOKEN', 'JOB'] }

for (const [reads, code, message] of [
  [
    { targets: ['job'] },
    'READS_UNKNOWN',
    'there is no target "job". Did you mean "jobs"? Expected targets of tier "api": "main" and "jobs".',
  ],
  [
    { targets: ['front'] },
    'READS_OF_ANOTHER_TIER',
    'the target "front" belongs to tier "web". Expected targets of tier "api": "main" and "jobs".',
  ],
  [
    { identities: ['male'] },
    'READS_UNKNOWN',
    'there is no identity "male". Did you mean "mail"? Expected identities of tier "api": "mail".',
  ],
  [
    { identities: ['cdn'] },
    'READS_OF_ANOTHER_TIER',
    'the identity "cdn" belongs to tier "web". Expected identities of tier "api": "mail".',
  ],
  [
    { variables: ['TOKN'] },
    'READS_UNKNOWN',
    'there is no variable "TOKN". Did you mean "TOKEN"? Expected variables of tier "api": "JOB" and "TOKEN".',
  ],
  [
    { variables: ['FRONT'] },
    'READS_OF_ANOTHER_TIER',
    'the variable "FRONT" belongs to tier "web". Expected variables of tier "api": "JOB" and "TOKEN".',
  ],
] as const) {
  ruleTest(`a workload can't read ${JSON.stringify(reads)}`, {
    refuses: tiers(reads),
    telling: [{ code, where, message }],
    accepts: tiers(everything),
  })
}

ruleTest('a workload may read nothing', {
  refuses: tiers({ variables: ['TOKEN', 'token'] }),
  telling: [
    {
      code: 'READS_UNKNOWN',
      where,
      message:
        'there is no variable "token". Did you mean "TOKEN"? Expected variables of tier "api": "JOB" and "TOKEN".',
    },
  ],
  accepts: tiers({}),
})
