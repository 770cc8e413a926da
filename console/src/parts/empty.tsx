import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

/** Nothing is there yet: what that means, and what to do about it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" color="inherit" padding={{ vertical: "l" }}>
      <SpaceBetween size="s">
        <div>
          <b>{title}</b>
          {children && (
            <Box variant="p" color="inherit">
              {children}
            </Box>
          )}
        </div>
        {action}
      </SpaceBetween>
    </Box>
  );
}
