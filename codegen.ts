import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for the tests, the benchmarks and the demo: one file, made from schema.graphql by `npm run codegen`. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['{bench,demo,test}/**/*.graphql'],
  generates: {
    'generated/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        scalars: { DateTime: 'string', JSON: 'unknown' },
        strictScalars: true,
        enumType: 'string-literal',
        skipTypename: true,
        useTypeImports: true,
        immutableTypes: true,
      },
    },
  },
};

export default config;
