/* SPDX-License-Identifier: BSD-2-Clause */
/* Conveniences only: sorts the table, opens what is folded for print. All text is there without. */
"use strict";
(function () {
	var table = document.getElementById("figures");
	var metric = document.getElementById("metric");

	document.documentElement.classList.add("has-js");

	function value(row, column) {
		var cell = row.cells[column];
		var text = column ? cell.dataset[metric.value] : cell.dataset.order;
		return text === undefined || text === "" ? NaN : Number(text);
	}

	function sort(head) {
		var up = head.getAttribute("aria-sort") === "descending" || head.cellIndex === 0;
		var rows = Array.prototype.slice.call(table.tBodies[0].rows);
		rows.sort(function (a, b) {
			var x = value(a, head.cellIndex), y = value(b, head.cellIndex);
			if (isNaN(x) || isNaN(y))
				return isNaN(x) - isNaN(y);
			return up ? x - y : y - x;
		});
		table.querySelectorAll("th").forEach(function (th) {
			th.removeAttribute("aria-sort");
		});
		head.setAttribute("aria-sort", up ? "ascending" : "descending");
		rows.forEach(function (row) {
			table.tBodies[0].appendChild(row);
		});
	}

	if (table)
		table.querySelectorAll("th button").forEach(function (button) {
			button.addEventListener("click", function () {
				sort(button.closest("th"));
			});
		});
	window.addEventListener("beforeprint", function () {
		document.querySelectorAll("details").forEach(function (d) {
			d.open = true;
		});
	});
})();
