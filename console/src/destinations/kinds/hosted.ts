import { type Kind, LIMITS } from "./setting";

export const HOSTED: Kind = {
  id: "hosted",
  label: "Hosted folder",
  description: "A folder that the platform keeps for you; you fetch from it with any S3 client.",
  before: "You need nothing. Once it is saved, make credentials on its page.",
  settings: [
    {
      name: "retention_months",
      label: "Keep files for months",
      type: "number",
      initial: "12",
      description: "How long each delivered file is kept, 1 to 120.",
    },
    ...LIMITS,
  ],
};
