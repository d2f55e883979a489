/** The top of a sheet: its title, and the button that closes it. */
export function SheetHead({ id, title }: { readonly id: string; readonly title: string }) {
  return (
    <div class="sheet-head">
      <h2 id={id}>{title}</h2>
      <form method="dialog">
        <button type="submit" class="quiet">
          Close
        </button>
      </form>
    </div>
  );
}
