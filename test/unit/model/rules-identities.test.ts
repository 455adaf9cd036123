import { ruleTest } from '../../helpers/rules.ts'

ruleTest('an identity is in one tier', {
  refuses: { secrets: [{ identity: 'mail' }, { identity: 'mail', tier: 'web' }] },
  telling: [
    {
      code: 'IDENTITY_IN_TWO_TIERS',
      where: 'catalogue identity "mail"',
      message: 'its values are in the tiers "api" and "web". Expected one tier.',
    },
  ],
  accepts: { secrets: [{ identity: 'mail' }, { identity: 'mail', variable: 'USER' }] },
})

ruleTest('an identity has one layout', {
  refuses: {
    secrets: [
      { identity: 'mail', layout: 'bundle' },
      { identity: 'mail', variable: 'USER' },
    ],
  },
  telling: [
    {
      code: 'IDENTITY_WITH_TWO_LAYOUTS',
      where: 'catalogue identity "mail"',
      message: '"USER" is "single" and the rest "bundle". Expected one layout for all.',
    },
  ],
  accepts: {
    secrets: [
      { identity: 'mail', layout: 'bundle' },
      { identity: 'mail', variable: 'USER', layout: 'bundle' },
    ],
  },
})

ruleTest('an identity is wholly optional or wholly required', {
  refuses: { secrets: [{ identity: 'mail' }, { identity: 'mail', variable: 'USER', optional: true }] },
  telling: [
    {
      code: 'OPTIONAL_IN_REQUIRED_IDENTITY',
      where: 'catalogue identity "mail"',
      message: '"USER" is optional and the rest required. Expected all or none.',
    },
  ],
  accepts: {
    secrets: [
      { identity: 'mail', optional: true },
      { identity: 'mail', variable: 'USER', optional: true },
    ],
  },
})

ruleTest('an identity has one overlap', {
  refuses: {
    secrets: [
      { identity: 'mail', overlap: '7d' },
      { identity: 'mail', variable: 'USER' },
    ],
  },
  telling: [
    {
      code: 'IDENTITY_WITH_TWO_OVERLAPS',
      where: 'catalogue identity "mail"',
      message: 'its values have the overlaps "7d" and "none". Expected one for all.',
    },
  ],
  accepts: {
    secrets: [
      { identity: 'mail', overlap: '7d' },
      { identity: 'mail', variable: 'USER', overlap: '7d' },
    ],
  },
})

/** 15 tokens of at most 4096 bytes and 10 bytes of JSON each, the two braces, and the rest of 64 KiB. */
const bundle = (last: 'exactly 983 characters' | 'exactly 984 characters') => {
  const common = { identity: 'all', layout: 'bundle' as const }
  const tokens = Array.from({ length: 15 }, (_, index) => ({ variable: `V${100 + index}`, ...common }))
  return { secrets: [...tokens, { variable: 'LASTLY', format: last, ...common }] }
}

ruleTest('a bundle has at most 64 KiB, with the largest values its formats allow', {
  refuses: bundle('exactly 984 characters'),
  telling: [
    {
      code: 'BUNDLE_TOO_LARGE',
      where: 'catalogue identity "all"',
      message: "its 16 values may take 65540 bytes together. Expected at most 65536, Scaleway's limit for one version.",
    },
  ],
  accepts: bundle('exactly 983 characters'),
})
