import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// For `npm run dev`: the stack whose API the page calls, such as the sandbox's (`. .sandbox/env`).
const stack = process.env.WAYBILL_API ? new URL(process.env.WAYBILL_API) : null;

export default defineConfig(({ command }) => ({
  // The page is served below a stage of API Gateway, whose name only the deployment knows.
  base: command === "serve" && stack ? `${stack.pathname}/console/` : "./",
  plugins: [react()],
  server: stack ? { proxy: { [`^${stack.pathname}/(?!console/)`]: stack.origin } } : {},
  build: {
    outDir: "../functions/console/site",
    emptyOutDir: true,
    // Pictures and fonts lie in the styles and scripts: the function serves texts alone.
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
}));
