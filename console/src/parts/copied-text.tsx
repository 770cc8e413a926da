import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import "./copied-text.css";

/** Several lines to paste into another program, such as its settings. `what` names them. */
export function CopiedText({ what, text }: { what: string; text: string }) {
  return (
    <div>
      <Box float="right">
        <CopyToClipboard
          copyButtonText="Copy"
          copyButtonAriaLabel={`Copy ${what}`}
          textToCopy={text}
          copySuccessText={`${what} is copied`}
          copyErrorText="It could not be copied. Mark it and copy it by hand."
        />
      </Box>
      {/* Wide lines scroll in themselves, so whoever uses the keyboard must reach them. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by the keyboard (WCAG 2.1.1) */}
      <section className="copied-text" aria-label={what} tabIndex={0}>
        <pre>{text}</pre>
      </section>
    </div>
  );
}
