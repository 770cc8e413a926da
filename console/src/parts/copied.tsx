import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";

/** A value that people carry elsewhere: shown, with a button that copies it. `what` names it: `External ID`. */
export function Copied({ what, text }: { what: string; text: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      textToDisplay={<code>{text}</code>}
      copyButtonAriaLabel={`Copy ${what}`}
      copySuccessText={`${what} is copied`}
      copyErrorText="It could not be copied. Mark it and copy it by hand."
    />
  );
}
