import SpaceBetween from "@cloudscape-design/components/space-between";
import { wantsMedia } from "./draft";
import type { Drafting } from "./drafting";
import { FileForm } from "./file-form";
import { LayoutForm } from "./layout-form";
import { MediaForm } from "./media-form";
import { BesidesForm, RowsForm, TroubleForm } from "./shape-more";

/** In which shape it leaves: the usual settings first, the rest where they are looked for. */
export function ShapeStep(drafting: Drafting) {
  const { draft } = drafting;
  return (
    <SpaceBetween size="l">
      <FileForm {...drafting} />
      <LayoutForm {...drafting} />
      {wantsMedia(draft) && <MediaForm {...drafting} />}
      <RowsForm {...drafting} />
      <BesidesForm {...drafting} />
      <TroubleForm {...drafting} />
    </SpaceBetween>
  );
}
