import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Bundles the GraphiQL page into dist/graphiql, which the server serves at /graphiql. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/graphiql/',
  build: {
    outDir: '../dist/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing may be inlined as a data: URL, since the page's Content-Security-Policy allows none.
    assetsInlineLimit: 0,
    // Monaco is one chunk of some megabytes and cannot usefully be cut up.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      // "use client" concerns servers that render React; here everything is the client.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
    // Measuring gzipped sizes costs more time than it tells anybody.
    reportCompressedSize: false,
  },
});
